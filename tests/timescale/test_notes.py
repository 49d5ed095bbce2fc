"""What TimescaleDB has and does that no model declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import MetaData

from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import undeclared
from tests.timescale.managed import models
from tests.timescale.mutations import HOURLY
from tests.timescale.sql import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

FREE = (
    "ALTER TABLE free SET (timescaledb.enable_columnstore, timescaledb.orderby = 'ts'"
)

# What somebody does to a table of which the models declare only the hypertable.
BY_HAND = {
    "retention": (
        "SELECT add_retention_policy('free', INTERVAL '30 days')",
        "free: retention policy: rows older than 30 days are deleted",
    ),
    "retention by creation": (
        "SELECT add_retention_policy('free', drop_created_before => INTERVAL '1 year')",
        (
            "free: retention policy: chunks made more than 12 months ago are deleted "
            "with their rows"
        ),
    ),
    "paused retention": (
        (
            "SELECT alter_job(add_retention_policy('free', INTERVAL '30 days'), "
            "scheduled => false)"
        ),
        "free: retention policy, paused: rows older than 30 days are deleted",
    ),
    "reorder": (
        "SELECT add_reorder_policy('free', 'free_ts_idx')",
        "free: reorder policy: chunks are rewritten in the order of free_ts_idx",
    ),
    "job": (
        (
            "CREATE PROCEDURE by_hand(int, jsonb) LANGUAGE sql AS 'SELECT 1'; "
            "SELECT add_job('by_hand', '1 day', config => '{\"look_after\": \"me\"}')"
        ),
        "by_hand: job: runs every 1 day",
    ),
    "dimension": (
        "SELECT add_dimension('free', by_hash('device', 2))",
        "free: dimension on device",
    ),
    "columnstore": (
        f"{FREE})",
        "free: columnstore, segmented by nothing, ordered by ts",
    ),
    "columnstore policy": (
        f"{FREE}); CALL add_columnstore_policy('free', after => INTERVAL '7 days')",
        "free: columnstore policy: chunks move there when older than 7 days",
    ),
    "columnstore policy by creation": (
        (
            f"{FREE}); "
            "CALL add_columnstore_policy('free', created_before => INTERVAL '7 days')"
        ),
        "free: columnstore policy: chunks move there 7 days after they were made",
    ),
    "sparse index": (
        f"{FREE}, timescaledb.compress_index = 'bloom(device)')",
        "free: sparse index bloom(device)",
    ),
    "no sparse index": (
        f"{FREE}, timescaledb.compress_index = '')",
        "free: no sparse indexes, not even the server's",
    ),
    "merged chunks": (
        f"{FREE}, timescaledb.compress_chunk_time_interval = '21 days')",
        "free: chunks are merged up to 21 days in the columnstore",
    ),
    "chunk skipping": (
        (
            f"{FREE}); SET timescaledb.enable_chunk_skipping = on; "
            "SELECT enable_chunk_skipping('free', 'device')"
        ),
        "free: chunk skipping on device",
    ),
    "tablespace": (
        "SELECT attach_tablespace('pg_default', 'free')",
        "free: tablespace pg_default",
    ),
    "aggregate": (
        HOURLY.format("mine", "sum"),
        "mine: continuous aggregate of readings",
    ),
    "refresh policy": (
        (
            f"{HOURLY.format('mine', 'sum')}; SELECT add_continuous_aggregate_policy("
            "'mine', NULL, INTERVAL '2 hours', INTERVAL '1 day')"
        ),
        "mine: refresh policy: from the bounds of all data to 2 hours ago, every 1 day",
    ),
}


def notes(connection: Connection, metadata: MetaData) -> list[str]:
    """What is said of the undeclared."""
    found = undeclared(read(connection), metadata)
    connection.commit()
    return [f"{note.relation.name}: {note.text}" for note in found]


@pytest.mark.parametrize("case", sorted(BY_HAND))
def test_what_nobody_declared_is_told(connection: Connection, case: str) -> None:
    """Nothing is said of declared things; what is added by hand is, in words."""
    models().create_all(connection)
    connection.commit()
    assert notes(connection, models()) == []
    statement, words = BY_HAND[case]
    run(connection, statement)
    assert words in notes(connection, models())


def test_of_no_models_everything_is_told(connection: Connection) -> None:
    """Without models every hypertable, policy and aggregate is undeclared."""
    models().create_all(connection)
    connection.commit()
    found = notes(connection, MetaData())
    assert found[0] == "hourly: retention policy: rows older than 12 months are deleted"
    assert "readings: hypertable on ts, chunks of 1 day" in found
    assert "hashed: dimension on device" in found
    assert "daily: continuous aggregate of hourly" in found
