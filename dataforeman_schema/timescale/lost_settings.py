"""Refusing to lose what is set of a columnstore, where nothing would give it back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from .columnstore_ddl import merge_duration
from .ddl import Statement, dollar_quoted, regclass, string
from .lost_buckets import may_lose_data
from .operation import execute, placed

if TYPE_CHECKING:
    from alembic.operations import Operations

    from .columnstore_state import Settings
    from .sparse_index import SparseIndex

_MICROSECOND: Final = timedelta(microseconds=1)

# A column that a release does not have is no key of its JSON; some releases keep the
# sparse indexes of dropped columns.
_REFUSE: Final = """
DECLARE
  relation CONSTANT regclass := {relation};
  carried CONSTANT jsonb := {indexes};
  live record;
  lost text[];
BEGIN
  SELECT h.status & 8 = 8 AS direct, s.relid AS source,
         nullif(to_jsonb(s) -> 'index', 'null') AS indexes,
         compress_interval_length AS merges, CASE
           WHEN column_type IN ('int8'::regtype, 'int4', 'int2')
           THEN compress_interval_length::text
           ELSE make_interval(secs => compress_interval_length / 1000000.0)::text
         END AS merged
    INTO live
    FROM _timescaledb_catalog.hypertable h
    JOIN _timescaledb_catalog.compression_settings s
      ON s.relid = to_regclass(format('%I.%I', schema_name, table_name))
    LEFT JOIN _timescaledb_catalog.dimension d
      ON d.hypertable_id = h.id AND compress_interval_length IS NOT NULL
    LEFT JOIN _timescaledb_catalog.continuous_agg ON mat_hypertable_id = h.id
   WHERE to_regclass(format('%I.%I', coalesce(user_view_schema, schema_name),
                                     coalesce(user_view_name, table_name))) = relation;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT array_agg(format('the sparse index %s(%s)', kind, written)
                   ORDER BY kind, written) INTO lost
    FROM jsonb_array_elements(live.indexes) AS chosen (index), LATERAL (
      SELECT index ->> 'type' AS kind,
             jsonb_agg(name ORDER BY name COLLATE "C") AS columns,
             string_agg(quote_ident(name), ', ' ORDER BY name COLLATE "C") AS written,
             count(*) = count(attname) AS are_there
        FROM jsonb_array_elements_text(
               CASE jsonb_typeof(index -> 'column') WHEN 'array' THEN index -> 'column'
               ELSE jsonb_build_array(index -> 'column') END) AS named (name)
        LEFT JOIN pg_attribute ON attrelid = live.source AND attname = name
         AND NOT attisdropped) found
   WHERE index ->> 'source' = 'config' AND are_there AND NOT EXISTS (
           SELECT FROM jsonb_array_elements(carried)
            WHERE value = jsonb_build_array(kind, columns));
  IF lost IS NULL AND carried IS NULL
     AND live.indexes @> '[{{"source": "config"}}]' THEN
    lost := ARRAY['that there are no sparse indexes'];
  END IF;
  IF live.merges IS NOT NULL AND live.merges IS DISTINCT FROM {merges} THEN
    lost := array_append(lost, format('that chunks are merged up to %s', live.merged));
  END IF;
  IF live.direct THEN
    lost := array_append(lost, 'direct compress');
  END IF;
  IF lost IS NOT NULL THEN
    RAISE EXCEPTION 'settings of the columnstore of % would be lost: %', relation,
      array_to_string(lost, ', ')
      USING HINT = 'op.disable_columnstore takes sparse_indexes and merge_interval for '
        'its reverse. To lose the settings all the same, run it with -x lose-data=yes.';
  END IF;
END
"""


class RefuseToLoseSettings(Statement):
    """Fail if a columnstore has settings that an operation does not carry.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        carried: The settings that the operation carries for its reverse.
    """

    def __init__(self, name: str, schema: str | None, carried: Settings) -> None:
        self.relation = regclass(name, schema)
        self.carried = carried

    def sql(self) -> str:
        """Write the statement, a ``DO`` block."""
        body = _REFUSE.format(
            relation=self.relation,
            indexes=_indexes(self.carried.sparse_indexes),
            merges=_number(self.carried.merge_interval),
        )
        return f"DO {dollar_quoted(body)}"


def _indexes(carried: tuple[SparseIndex, ...] | None) -> str:
    if carried is None:
        return "NULL"
    indexes = [[index.kind, index.columns] for index in carried]
    return string(json.dumps(indexes, ensure_ascii=False))


def _number(merge_interval: timedelta | int | None) -> str:
    if merge_interval is None:
        return "NULL"
    return str(merge_duration(merge_interval) // _MICROSECOND)


def refuse_to_lose_settings(
    operations: Operations, name: str, schema: str | None, carried: Settings
) -> None:
    """Fail if disabling a columnstore loses settings, unless the command says it may.

    Args:
        operations: Alembic's operations; ``-x lose-data=yes`` is the command's word.
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        carried: The settings that the operation carries for its reverse.
    """
    if not may_lose_data(operations):
        place = placed(operations, schema)
        execute(operations, [RefuseToLoseSettings(name, place, carried)])
