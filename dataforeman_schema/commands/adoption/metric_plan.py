"""What converting `system_metrics` takes, and what keeps it from being converted."""

# ruff: noqa: S608 (what is put into the queries are names of ours)

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.lock_retry import is_locked
from dataforeman_schema.commands.adoption.metric_records import FORMER, has_timescaledb
from dataforeman_schema.connection import reason

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROWS_A_SECOND: Final = 100_000
_BYTES_A_ROW: Final = 160
"""With its part of the indexes; the former table may be in the columnstore."""

# Chunks that were moved to other storage are foreign tables, whose size nobody knows.
_SIZE: Final = text(f"""
SELECT (SELECT count(*) FROM {FORMER}) AS rows,
  (SELECT pg_size_pretty(greatest(
    sum(pg_total_relation_size(part)),
    (SELECT count(*) FROM {FORMER}) * {_BYTES_A_ROW}))) AS size,
  array_agg(CAST(part AS text)) FILTER (WHERE relkind = 'f') AS elsewhere
FROM (
  SELECT CAST('{FORMER}' AS regclass)
  UNION ALL
  SELECT inhrelid FROM pg_inherits WHERE inhparent = CAST('{FORMER}' AS regclass)
) AS parts (part) JOIN pg_class ON pg_class.oid = part
""")

# The extension's own views of an aggregate go with it.
_READERS: Final = text(f"""
SELECT DISTINCT format('%s %s', CASE relkind WHEN 'm' THEN 'materialized view'
  ELSE 'view' END, CAST(pg_class.oid AS regclass))
FROM pg_depend JOIN pg_rewrite ON classid = CAST('pg_rewrite' AS regclass)
  AND objid = pg_rewrite.oid
JOIN pg_class ON pg_class.oid = ev_class
JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE refobjid = CAST('{FORMER}' AS regclass) AND nspname !~ '^_timescaledb_'
""")
_AGGREGATES: Final = text("""
SELECT CAST(to_regclass(format('%I.%I', view_schema, view_name)) AS text)
FROM timescaledb_information.continuous_aggregates
WHERE (hypertable_schema, hypertable_name) = (:schema, :name)
""")


class Estimate(NamedTuple):
    """What the conversion takes.

    Attributes:
        rows: The rows of the former table.
        seconds: About how long it takes.
        size: About how much more of the disk, in words.
    """

    rows: int
    seconds: int
    size: str


def estimate(connection: Connection) -> Estimate | str:
    """Estimate what converting the table that is set aside takes.

    Returns:
        The estimate; why there is none, where the server cannot say.
    """
    try:
        with connection.begin_nested():
            rows, size, elsewhere = connection.execute(_SIZE).one()
    except DBAPIError as error:
        if is_locked(error):
            raise
        return reason(error.orig)
    if elsewhere:
        return f"its parts {', '.join(elsewhere)} are on another server"
    return Estimate(rows, max(1, rows // _ROWS_A_SECOND), size)


def readers(connection: Connection) -> list[str]:
    """Name what reads the former table, and would not see what is written from now on.

    Returns:
        Views, materialized ones and continuous aggregates, in words.
    """
    schema, name = FORMER.split(".")
    found = list(connection.scalars(_READERS))
    if has_timescaledb(connection):
        given = {"schema": schema, "name": name}
        aggregates = connection.scalars(_AGGREGATES, given).all()
        found = [it for it in found if it.removeprefix("view ") not in aggregates]
        found += [f"continuous aggregate {it}" for it in aggregates]
    return sorted(found)
