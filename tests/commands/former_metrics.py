"""A telemetry database whose `system_metrics` the application made and filled."""

# ruff: noqa: S608 (numbers of ours are put in)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from dataforeman_schema.commands.adoption import metrics
from dataforeman_schema.tsdb import metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

NAMES = {tag_id: f"metric_{tag_id}" for tag_id in range(1, 20)}
"""The paths of the tags that the metadata database knows."""

UNKNOWN = 123
ROWS = 20 * 432
WITHOUT_VALUE = 12

TABLE = """
CREATE TABLE system_metrics (
  tag_id integer NOT NULL, ts timestamptz NOT NULL, v_num double precision,
  PRIMARY KEY (tag_id, ts));
"""
INDEXES = """
CREATE INDEX system_metrics_tag_id_ts ON system_metrics (tag_id, ts DESC);
CREATE INDEX system_metrics_ts_desc ON system_metrics (ts DESC);
"""
HYPERTABLE = """
CREATE EXTENSION IF NOT EXISTS timescaledb;
SELECT create_hypertable('system_metrics', 'ts', create_default_indexes => false,
  chunk_time_interval => interval '1 day');
SELECT add_retention_policy('system_metrics', interval '30 days',
  schedule_interval => interval '7 hours');
"""
# 0.1 and the like, whose sum depends on the order; of four tags one per day is missing.
FILL = f"""
INSERT INTO system_metrics (tag_id, ts, v_num)
SELECT tag, date_trunc('minute', now()) - n * interval '10 minutes',
  CASE WHEN (tag, n) = (5, 7) THEN 'Infinity' WHEN (tag, n) = (5, 8) THEN 'NaN'
    WHEN tag > 4 OR n % 144 <> 0 THEN tag * n * 0.1::double precision END
FROM unnest(ARRAY[{", ".join(map(str, [*NAMES, UNKNOWN]))}]) AS tag,
  generate_series(1, 432) AS n;
"""
COLUMNSTORE = """
ALTER TABLE system_metrics SET (timescaledb.compress,
  timescaledb.compress_segmentby = 'tag_id', timescaledb.compress_orderby = 'ts DESC');
SELECT add_compression_policy('system_metrics', interval '7 days');
SELECT compress_chunk(chunk) FROM (
  SELECT chunk FROM show_chunks('system_metrics') AS chunk ORDER BY 1 LIMIT 1) AS first;
"""


def make_former(engine: Engine) -> None:
    """Make the table with its keys, indexes, policies and rows, partly compressed."""
    execute(engine, "SET client_min_messages = error", TABLE)
    execute(engine, HYPERTABLE, INDEXES, FILL, COLUMNSTORE)


def make_plain(engine: Engine) -> None:
    """Make it on a server without TimescaleDB."""
    execute(engine, TABLE, INDEXES, FILL)


def execute(engine: Engine, *statements: str) -> None:
    """Run statements in a transaction of their own."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def one(connection: Connection, query: str) -> Any:  # noqa: ANN401 - whatever it is
    """Read one value."""
    return connection.scalar(text(query))


def begin(engine: Engine, names: dict[int, str] = NAMES) -> None:
    """Set the former table aside, and make the new one."""
    with engine.begin() as connection:
        metrics.set_aside(connection, names)
        metadata.tables["system_metrics"].create(connection)


def convert(
    engine: Engine, say: Callable[[str], None] = lambda _: None
) -> metrics.Conversion:
    """Convert all that is left, on a connection of its own."""
    with engine.connect() as connection:
        return metrics.convert(connection, say)


def prove(engine: Engine) -> list[str]:
    """Compare both tables, on a connection of its own."""
    with engine.connect() as connection:
        return metrics.prove(connection)


def finish(engine: Engine) -> str:
    """Drop the former table."""
    with engine.begin() as connection:
        return metrics.finish(connection)


def undo(engine: Engine) -> int:
    """Bring the former table back."""
    with engine.begin() as connection:
        return metrics.undo(connection)


_STATE = {
    "rows": "SELECT array_agg((tag_id, ts, v_num)::text ORDER BY tag_id, ts)"
    " FROM system_metrics",
    "indexes": "SELECT array_agg(indexdef ORDER BY indexdef) FROM pg_indexes"
    " WHERE tablename = 'system_metrics'",
    "schemas": "SELECT array_agg(nspname::text ORDER BY 1) FROM pg_namespace"
    " WHERE nspname !~ '^pg_'",
}
_STORAGE = {
    "chunks": "SELECT array_agg((hypertable_schema, chunk_name, is_compressed)::text"
    " ORDER BY chunk_name) FROM timescaledb_information.chunks",
    "jobs": "SELECT array_agg((job_id, hypertable_schema, proc_name, schedule_interval,"
    " max_runtime, max_retries, retry_period, scheduled, config)::text ORDER BY job_id)"
    " FROM timescaledb_information.jobs WHERE job_id >= 1000",
}


def state(engine: Engine) -> dict[str, Any]:
    """Read all that an adoption that is undone must leave as it was."""
    with engine.connect() as connection:
        has_chunks = one(
            connection, "SELECT to_regnamespace('timescaledb_information')"
        )
        queries = _STATE | (_STORAGE if has_chunks else {})
        return {name: one(connection, query) for name, query in queries.items()}
