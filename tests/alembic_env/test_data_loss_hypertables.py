"""What hypertables and continuous aggregates would lose is counted like the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.data_loss import count_lost
from dataforeman_schema.alembic_env.data_loss_block import Examined
from dataforeman_schema.databases import TSDB
from tests.commands import alembic
from tests.commands.places import execute, query

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dataforeman_schema.settings import ConnectionSettings

FILLED = """
INSERT INTO tag_values (connection_id, tag_id, ts, v_num)
SELECT gen_random_uuid(), n, '2026-01-01'::timestamptz + n * interval '1 day', n
FROM generate_series(1, 4) AS n;
SELECT compress_chunk(chunk) FROM show_chunks('tag_values') AS chunk;
INSERT INTO system_metrics (ts, metric_name, value)
SELECT '2026-01-01'::timestamptz + n * interval '1 day', 'cpu_pct', n + 0.1
FROM generate_series(1, 5) AS n;
CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS
SELECT time_bucket('1 day', ts) AS day, count(*) AS n FROM system_metrics GROUP BY 1
WITH NO DATA
"""
DROP_CHUNKS = "SELECT drop_chunks('{}', older_than => '2026-01-04'::timestamptz)"
KINDS = {
    "DROP TABLE system_metrics CASCADE": "rows of system_metrics (5)",
    "TRUNCATE system_metrics": "rows of system_metrics (5)",
    "DELETE FROM system_metrics WHERE value < 3": "rows of system_metrics (2)",
    DROP_CHUNKS.format("system_metrics"): "rows of system_metrics (2)",
    "ALTER TABLE system_metrics DROP labels": "",
    "ALTER TABLE system_metrics DROP ingested_at": (
        "values of system_metrics.ingested_at (5)"
    ),
    "ALTER TABLE system_metrics ALTER ingested_at TYPE date": (
        "values of system_metrics.ingested_at (5)"
    ),
    "ALTER TABLE system_metrics ALTER metric_name TYPE varchar(80)": "",
    "ALTER TABLE system_metrics RENAME labels TO tags": "",
    "SELECT set_chunk_time_interval('system_metrics', interval '2 days')": "",
    "DROP MATERIALIZED VIEW daily": "",
    "DROP TABLE tag_values": "rows of tag_values (4)",
    "TRUNCATE tag_values": "rows of tag_values (4)",
    "ALTER TABLE tag_values DROP quality": "",
    "ALTER TABLE tag_values DROP v_num": "values of tag_values.v_num (4)",
    DROP_CHUNKS.format("tag_values"): "rows of tag_values (2)",
    "SELECT decompress_chunk(chunk) FROM show_chunks('tag_values') AS chunk": "",
}


def lost(connection: Connection, statement: str) -> str:
    """Say what a statement would lose."""
    return count_lost(connection, TSDB, [Examined(statement)])[1]


def test_kinds(tsdb_database: ConnectionSettings, tsdb_engine: Engine) -> None:
    """Rows of chunks, in rows or columns, values and buckets without rows count."""
    for statement in FILLED.split(";"):
        execute(tsdb_database, statement)
    execute(tsdb_database, "CALL refresh_continuous_aggregate('daily', NULL, NULL)")
    with tsdb_engine.connect() as connection:
        found = {statement: lost(connection, statement) for statement in KINDS}
        assert found == KINDS
        connection.execute(text(DROP_CHUNKS.format("system_metrics")))
        with pytest.raises(
            DBAPIError, match="2 rows of the continuous aggregate daily"
        ):
            lost(connection, "DROP MATERIALIZED VIEW daily")


def test_downgrade_script(
    tsdb_database: ConnectionSettings, tsdb_engine: Engine
) -> None:
    """The script of a downgrade counts readings, and loses none."""
    for statement in FILLED.split(";")[:2]:
        execute(tsdb_database, statement)
    written = alembic("-n", "tsdb", "downgrade", "head:base", "--sql")
    with (
        tsdb_engine.connect() as connection,
        pytest.raises(psycopg2.Error, match=r"would lose rows of tag_values \(4\);"),
    ):
        connection.connection.cursor().execute(written.stdout)
    assert query(tsdb_database, "SELECT count(*) FROM tag_values") == [(4,)]
