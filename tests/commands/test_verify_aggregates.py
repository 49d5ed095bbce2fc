"""`verify` where a continuous aggregate is declared."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from dataforeman_schema.connection import connect
from tests.commands import run
from tests.commands.places import execute

if TYPE_CHECKING:
    import subprocess

    from dataforeman_schema.settings import ConnectionSettings

# A process of its own: what is declared stays declared.
_DECLARE = """
import sys
from datetime import timedelta
from sqlalchemy import func, select
from dataforeman_schema.cli import main
from dataforeman_schema.timescale import ContinuousAggregate, time_bucket
from dataforeman_schema.tsdb import TagValue, metadata

hour = time_bucket(timedelta(hours=1), TagValue.ts).label("hour")
mean = func.avg(TagValue.v_num).label("mean")
query = select(hour, TagValue.tag_id, mean).group_by(hour, TagValue.tag_id)
ContinuousAggregate("tag_values_hourly", query, metadata=metadata)
main(["verify", *sys.argv[1:]])
"""
_CREATE = (
    "CREATE MATERIALIZED VIEW tag_values_hourly WITH (timescaledb.continuous) AS"
    " SELECT time_bucket('1 hour', ts) AS hour, tag_id, {0}(v_num) AS mean"
    " FROM tag_values GROUP BY 1, 2 WITH NO DATA"
)
# Who wrote a row is in xmin: a row that was written again differs.
_SYSTEM = (
    "SELECT 'class', oid, xmin::text FROM pg_class UNION ALL"
    " SELECT 'attribute', attrelid, xmin::text FROM pg_attribute UNION ALL"
    " SELECT 'rule', oid, xmin::text FROM pg_rewrite UNION ALL"
    " SELECT 'schema', oid, xmin::text FROM pg_namespace UNION ALL"
    " SELECT 'hypertable', id, xmin::text FROM _timescaledb_catalog.hypertable"
    " UNION ALL"
    " SELECT 'aggregate', mat_hypertable_id, xmin::text"
    " FROM _timescaledb_catalog.continuous_agg ORDER BY 1, 2, 3"
)


def verify(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Verify both databases by models that declare an aggregate."""
    return run(sys.executable, "-c", _DECLARE, *arguments, **environ)


def system(settings: ConnectionSettings) -> list[tuple[Any, ...]]:
    """What the server keeps of a database's relations, and who wrote it."""
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(_SYSTEM)
        return list(cursor.fetchall())


@pytest.fixture
def telemetry(tsdb_database: ConnectionSettings) -> ConnectionSettings:
    """A telemetry database at head that has the aggregate."""
    execute(tsdb_database, _CREATE.format("avg"))
    return tsdb_database


def test_a_declared_aggregate_is_compared(
    telemetry: ConnectionSettings, current_pair: dict[str, str]
) -> None:
    """The declared query is clean; another one is named, and the remedy mends it."""
    before = system(telemetry)
    clean = verify(**current_pair)
    assert clean.returncode == 0, clean
    assert system(telemetry) == before

    execute(telemetry, "DROP MATERIALIZED VIEW tag_values_hourly")
    execute(telemetry, _CREATE.format("max"))
    before = system(telemetry)
    other = verify("--json", **current_pair)
    assert other.returncode == 1, other
    _meta, tsdb = json.loads(other.stdout)["databases"]
    assert all(
        "tag_values_hourly" in finding["where"] for finding in tsdb["findings"]
    ), tsdb
    assert system(telemetry) == before
    execute(telemetry, " ".join(finding["remedy"] for finding in tsdb["findings"]))
    assert verify(**current_pair).returncode == 0
