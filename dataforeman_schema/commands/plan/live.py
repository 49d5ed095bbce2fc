"""How big the tables are that a plan is about, read without waiting for any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from psycopg2.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dataforeman_schema.commands.plan.state import TableFacts
from dataforeman_schema.commands.status import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Row

    _Size = Sequence[Row[*tuple[Any, ...]]] | None

T = TypeVar("T")

_TABLES: Final = text("""
SELECT relname, oid::bigint FROM pg_class WHERE relkind IN ('r', 'p', 'm')
AND relnamespace = quote_ident(current_schema())::regnamespace ORDER BY 1
""")
_HYPERTABLES: Final = text("""
SELECT hypertable_name, num_chunks FROM timescaledb_information.hypertables
WHERE hypertable_schema = current_schema()
""")
_CONVERTED: Final = text("""
SELECT DISTINCT hypertable_name::text FROM timescaledb_information.chunks
WHERE is_compressed AND hypertable_schema = current_schema()
""")
_PLAIN_SIZE: Final = "SELECT pg_table_size(%(oid)s), pg_indexes_size(%(oid)s)"
_HYPERTABLE_SIZE: Final = """
SELECT sum(table_bytes + coalesce(toast_bytes, 0))::bigint, sum(index_bytes)::bigint
FROM {timescaledb}.hypertable_detailed_size(%(oid)s::oid::regclass)
"""
_COLUMNS: Final = text("""
SELECT tablename, attname, avg_width, null_frac FROM pg_stats
WHERE schemaname = current_schema() ORDER BY inherited
""")
_LOCK_TABLE: Final = text("""
SELECT max_locks * (current_setting('max_connections')::bigint
  + current_setting('max_prepared_transactions')::bigint)
FROM CAST(current_setting('max_locks_per_transaction') AS bigint) AS max_locks
""")


@dataclass(frozen=True)
class Live:
    """A database as it is at the moment, by its own statistics.

    Attributes:
        tables: How big its tables are, by name.
        columns: The average width of a column's values (bytes) and the share of NULLs
            among them, by the names of table and column.
        converted: The hypertables that have chunks in the columnstore.
        lock_table: How many locks the server has room for, of all sessions together.
    """

    tables: dict[str, TableFacts]
    columns: dict[tuple[str, str], tuple[int, float]]
    converted: frozenset[str]
    lock_table: int


def read_live(connection: Connection) -> Live:
    """Read the sizes and statistics of a database; locked tables are passed over.

    Args:
        connection: A connection that waits for tables but for a moment.
    """
    overview = connection.exec_driver_sql(queries.OVERVIEW).one()
    _, version, *_, counted, estimated, _, _, functions = overview
    query = queries.tables(timescaledb=functions, counted=counted, estimated=estimated)
    rows = _by_name(_ask(connection, query, {"own": []}))
    chunks = _by_name(connection.execute(_HYPERTABLES).all() if version else ())
    tables = [
        _facts(
            _size(connection, functions if name in chunks else None, oid),
            TableFacts(name, rows.get(name), chunks=chunks.get(name)),
        )
        for name, oid in connection.execute(_TABLES).all()
    ]
    columns = {
        (table, column): (width, nulls)
        for table, column, width, nulls in connection.execute(_COLUMNS)
    }
    room = connection.scalar(_LOCK_TABLE) or 0
    converted = connection.scalars(_CONVERTED).all() if version else ()
    by_name = {table.name: table for table in tables}
    return Live(by_name, columns, frozenset(converted), room)


def unless_locked(read: Callable[[], T]) -> T | None:
    """Read what needs a table for a moment; None: another session has locked it."""
    try:
        return read()
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return None


def _by_name(rows: Sequence[Row[*tuple[Any, ...]]] | None) -> dict[str, int | None]:
    return {name: number for name, number in rows or ()}  # noqa: C416 - rows are typed


def _size(connection: Connection, functions: str | None, oid: int) -> _Size:
    """Ask for the size of a table, or of a hypertable by the extension's functions."""
    hypertable = _HYPERTABLE_SIZE.format(timescaledb=functions)
    return _ask(connection, hypertable if functions else _PLAIN_SIZE, {"oid": oid})


def _facts(size: _Size, known: TableFacts) -> TableFacts:
    if size is None:
        return replace(known, is_locked=True)
    [(heap, indexes)] = size
    return replace(known, bytes=heap, index_bytes=indexes)


def _ask(
    connection: Connection, query: str, values: dict[str, object]
) -> Sequence[Row[*tuple[Any, ...]]] | None:
    def ask() -> Sequence[Row[*tuple[Any, ...]]]:
        with connection.begin_nested():
            return connection.exec_driver_sql(query, values).all()

    return unless_locked(ask)
