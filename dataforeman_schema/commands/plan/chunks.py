"""Chunks of hypertables that have no rows, so that locks on chunks can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from dataforeman_schema.alembic_env.home import unpinned

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

# A hypertable by time alone: where a chunk of others begins is for the server to say.
# The numbers are microseconds; the chunk of the columnstore is two intervals later.
_CHUNKS: Final = text("""
SELECT format('%I.%I', hypertable_schema, hypertable_name),
  (extract(epoch FROM min(time_interval)) * 1000000)::bigint,
  hypertable_name = ANY (:converted)
FROM timescaledb_information.hypertables
JOIN timescaledb_information.dimensions USING (hypertable_schema, hypertable_name)
WHERE hypertable_schema = current_schema() AND column_type::text ~ '^(timestamp|date)'
AND time_interval IS NOT NULL
GROUP BY 1, 3 HAVING max(num_dimensions) = 1
""")
_CREATE: Final = text("""
SELECT format('%I.%I', schema_name, table_name)
FROM _timescaledb_functions.create_chunk(
  :hypertable, jsonb_build_object(
    (SELECT column_name FROM timescaledb_information.dimensions
     WHERE format('%I.%I', hypertable_schema, hypertable_name) = :hypertable),
    jsonb_build_array(:nth * :width, (:nth + 1) * :width)))
""")
_CONVERT: Final = text("SELECT compress_chunk(CAST(:chunk AS regclass))")


def make_chunks(connection: Connection, converted: Collection[str]) -> None:
    """Give each hypertable of the current schema a chunk, and one in its columnstore.

    Args:
        connection: A connection to a database of no other use, with TimescaleDB.
        converted: The hypertables that have chunks in the columnstore.
    """
    named = {"converted": list(converted)}
    with unpinned(connection):
        _make(connection, named)


def _make(connection: Connection, named: dict[str, list[str]]) -> None:
    for hypertable, width, converts in connection.execute(_CHUNKS, named).all():
        for nth in (0, 2) if converts else (0,):
            chunk = connection.scalar(
                _CREATE, {"hypertable": hypertable, "nth": nth, "width": width}
            )
            if nth:
                connection.execute(_CONVERT, {"chunk": chunk})
