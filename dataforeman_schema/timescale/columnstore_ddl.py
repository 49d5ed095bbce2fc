"""The statements that switch the columnstore on, set it, and switch it off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from .ddl import Statement, Text, dollar_quoted, identifier, qualified, regclass, string
from .interval import words
from .releases import SPARSE_INDEXES
from .sparse_index import needed_features

if TYPE_CHECKING:
    from .columnstore_state import Settings
    from .releases import ServerFeature

_OPTIONS: Final = {
    "segmentby": "segment_by",
    "orderby": "order_by",
    "compress_index": "sparse_indexes",
}

_DISABLE: Final = """
DECLARE
  chunk regclass;
BEGIN
  FOR chunk IN SELECT @extschema@.show_chunks({relation}) LOOP
    CALL @extschema@.convert_to_rowstore(chunk, if_columnstore => true);
  END LOOP;
  IF {merges} THEN
    {alter} SET (timescaledb.compress_chunk_time_interval = '0');
  END IF;
  {alter} SET (timescaledb.enable_columnstore = false);
END
"""

# The span stays in the catalog, and would come back with the columnstore.
_MERGES: Final = """EXISTS (
    SELECT FROM _timescaledb_catalog.dimension d
      JOIN _timescaledb_catalog.hypertable h ON h.id = hypertable_id
      JOIN _timescaledb_catalog.compression_settings s
        ON s.relid = to_regclass(format('%I.%I', schema_name, table_name))
      LEFT JOIN _timescaledb_catalog.continuous_agg ON mat_hypertable_id = h.id
     WHERE compress_interval_length IS NOT NULL
       AND to_regclass(format('%I.%I', coalesce(user_view_schema, schema_name),
                                       coalesce(user_view_name, table_name)))
           = {relation}::regclass)"""


def set_columnstore(
    name: str, schema: str | None, settings: Settings, existing: Settings | None = None
) -> list[Statement]:
    """Say what switches the columnstore on, or gives it other settings.

    Chunks that are in the columnstore already keep the settings they were made with.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        settings: The settings that it shall have; what is None there is left alone.
        existing: The settings that it has; what is None only among the others is given
            back to the server.

    Returns:
        One ``ALTER``, after another where something is given back: what comes may be of
        columns that what goes is of.
    """
    given, reset = ["timescaledb.enable_columnstore = true"], []
    for option, field in _OPTIONS.items():
        wanted = _listed(settings, field)
        if wanted is not None:
            given.append(f"timescaledb.{option} = {string(wanted)}")
        elif existing is not None and _listed(existing, field) is not None:
            reset.append(f"timescaledb.{option}")
    if (merge := _merge_interval(settings, existing)) is not None:
        given.append(f"timescaledb.compress_chunk_time_interval = {string(merge)}")
    alter, needs = _alter(name, schema, settings), _needs(settings, existing)
    changes = [f"{alter} RESET ({', '.join(reset)})"] if reset else []
    changes += [f"{alter} SET ({', '.join(given)})"]
    return [Text(change, needs) for change in changes]


def _needs(settings: Settings, existing: Settings | None) -> list[ServerFeature]:
    """Say what a server must have to set sparse indexes, or to give them back."""
    if settings.sparse_indexes is not None:
        return needed_features(settings.sparse_indexes)
    gives_back = existing is not None and existing.sparse_indexes is not None
    return [SPARSE_INDEXES] if gives_back else []


def _merge_interval(settings: Settings, existing: Settings | None) -> str | None:
    """Write the span of merged chunks; TimescaleDB takes nothing for none."""
    if settings.merge_interval is not None:
        return words(merge_duration(settings.merge_interval))
    had = existing is not None and existing.merge_interval is not None
    return "0" if had else None


def merge_duration(merge_interval: timedelta | int) -> timedelta:
    """Say how TimescaleDB takes a span: of an integer column, a microsecond a unit."""
    if isinstance(merge_interval, int):
        return timedelta(microseconds=merge_interval)
    return merge_interval


class DisableColumnstore(Statement):
    """Bring every chunk back into the rowstore and switch the columnstore off.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        settings: The settings that it has.
    """

    def __init__(self, name: str, schema: str | None, settings: Settings) -> None:
        self.relation = regclass(name, schema)
        self.alter = _alter(name, schema, settings)

    def sql(self) -> str:
        """Write the statement.

        Returns:
            A ``DO`` block, so that it works in ``--sql`` mode too.
        """
        merges = _MERGES.format(relation=self.relation)
        body = _DISABLE.format(relation=self.relation, alter=self.alter, merges=merges)
        return f"DO {dollar_quoted(body)}"


def _alter(name: str, schema: str | None, settings: Settings) -> str:
    kind = "MATERIALIZED VIEW" if settings.is_aggregate else "TABLE"
    return f"ALTER {kind} {qualified(name, schema)}"


def _listed(settings: Settings, field: str) -> str | None:
    items = getattr(settings, field)
    if items is None:
        return None
    return ", ".join(
        identifier(item) if isinstance(item, str) else str(item) for item in items
    )
