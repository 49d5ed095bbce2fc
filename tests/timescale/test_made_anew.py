"""A hypertable that is made anew keeps what is set of it, declared or not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
)

from dataforeman_schema.timescale import HashDimension, Hypertable, IntegerNow
from tests.timescale.sql import rows, run, time_zones

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)

SET_BY_HAND = (
    "ALTER TABLE readings SET (timescaledb.enable_columnstore, "
    "timescaledb.segmentby = 'device', timescaledb.orderby = 'value ASC, ts DESC'); "
    "CALL add_columnstore_policy('readings', after => {week}); "
    "SELECT add_retention_policy('readings', {years}); "
    "SELECT add_reorder_policy('readings', 'readings_device_ix'); "
    "SELECT alter_job(job_id, max_retries => 3, max_runtime => INTERVAL '7 min', "
    "retry_period => INTERVAL '5 min', schedule_interval => INTERVAL '77 min', "
    "fixed_schedule => true, initial_start => '2026-01-01', "
    "timezone => 'Europe/Vienna', "
    "config => config || '{{\"mine\": 1}}', scheduled => proc_name !~ 'retention') "
    "FROM timescaledb_information.jobs WHERE job_id >= 1000; "
    "SELECT set_config('timescaledb.enable_chunk_skipping', 'on', false); "
    "SELECT enable_chunk_skipping('readings', 'device'); "
    "SELECT attach_tablespace('pg_default', 'readings')"
)

STATE = (
    (
        "SELECT proc_name, schedule_interval, max_runtime, max_retries, retry_period, "
        "scheduled, fixed_schedule, (config - 'hypertable_id')::text "
        "FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1"
    ),
    (
        "SELECT segmentby, orderby "
        "FROM timescaledb_information.hypertable_columnstore_settings"
    ),
    "SELECT DISTINCT column_name FROM _timescaledb_catalog.chunk_column_stats",
    "SELECT tablespace_name FROM _timescaledb_catalog.tablespace",
    (
        "SELECT integer_now_func_schema, integer_now_func "
        "FROM _timescaledb_catalog.dimension ORDER BY id LIMIT 1"
    ),
    "SELECT * FROM readings ORDER BY 1, 2",
)


def models(kind: str, *hashed: HashDimension, other: str = "ts") -> MetaData:
    """A hypertable with hash dimensions, or on another column."""
    metadata = MetaData()
    time: Any = BigInteger if kind == "bigint" else DateTime(timezone=True)
    now = [IntegerNow("r_now")] if kind == "bigint" else []
    Table(
        "readings",
        metadata,
        Column("ts", time, nullable=False),
        Column("ts2", time, nullable=False),
        Column("device", Integer, nullable=False),
        Column("value", Float),
        Index("readings_device_ix", "device"),
        Hypertable(other, 10 if now else DAY, hash_dimensions=hashed),
        *now,
    )
    return metadata


def state(connection: Connection) -> list[Any]:
    """All that is set of the hypertable, and its rows."""
    return [*(rows(connection, query) for query in STATE), time_zones(connection)]


@pytest.mark.parametrize("kind", ["timestamptz", "bigint"])
@pytest.mark.parametrize(
    "after",
    [
        {"hashed": [HashDimension("device", 3)]},
        {"other": "ts2"},
    ],
    ids=["dimension goes in the downgrade", "another column"],
)
def test_all_is_as_before(
    connection: Connection, history: History, kind: str, after: dict[str, Any]
) -> None:
    """Policies, jobs, columnstore, tablespaces and skipping outlive both directions."""
    numbers = kind == "bigint"
    if numbers:
        run(
            connection,
            "CREATE OR REPLACE FUNCTION r_now() RETURNS bigint STABLE LANGUAGE sql "
            "AS 'SELECT 100::bigint'",
        )
    history.reach(models(kind))
    time = "i" if numbers else "'2026-01-01'::timestamptz + i * INTERVAL '1 h'"
    values = f"SELECT {time}, {time}, i % 3, i FROM generate_series(1, 90) i"  # noqa: S608
    run(connection, f"INSERT INTO readings {values}")
    spans = ("70", "5000") if numbers else ("INTERVAL '7 days'", "INTERVAL '9 years'")
    given = SET_BY_HAND.format(week=spans[0], years=spans[1])
    run(connection, given)
    before = state(connection)
    hashed = after.get("hashed", [])
    changed = models(kind, *hashed, other=after.get("other", "ts"))
    history.reach(changed)
    assert history.differences(changed) == []
    now = state(connection)
    if "other" not in after:
        assert now == before
    assert [now[0], *now[2:]] == [before[0], *before[2:]]
    history.downgrade(models(kind))
    assert history.differences(models(kind)) == []
    [settings, *_rest] = now = state(connection)
    assert [settings, *now[2:]] == [before[0], *before[2:]]
    if "other" not in after:
        assert now == before
