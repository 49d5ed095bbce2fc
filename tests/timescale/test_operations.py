"""Every pair of operations: absent, forwards, present, backwards, absent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from dataforeman_schema.timescale import RefreshContinuousAggregateOp
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations.ops import MigrateOperation
    from sqlalchemy import Connection

DAY = timedelta(days=1)
SETUP = (
    "CREATE TABLE r (ts timestamptz NOT NULL, device int NOT NULL, value float); "
    "SELECT create_hypertable('r', by_range('ts', INTERVAL '1 day')); "
    "INSERT INTO r SELECT timestamptz '2024-01-01' + i * INTERVAL '1 hour', i % 3, i "
    "FROM generate_series(1, 100) i"
)
AGGREGATE = (
    "CREATE MATERIALIZED VIEW a WITH (timescaledb.continuous) AS SELECT "
    "time_bucket('1 day', ts) AS day, sum(value) AS value FROM r GROUP BY 1 "
    "WITH NO DATA"
)
JOBS = (
    "SELECT config - 'hypertable_id' - 'mat_hypertable_id', schedule_interval "
    "FROM timescaledb_information.jobs WHERE proc_name = 'policy_{}'"
)
SETTINGS = (
    "SELECT coalesce(segmentby, ''), orderby FROM "
    "timescaledb_information.hypertable_columnstore_settings "
    "JOIN timescaledb_information.hypertables ON hypertable::text = hypertable_name "
    "WHERE compression_enabled"
)


class Pair(NamedTuple):
    """An operation and its opposite, and how to see what they did."""

    forwards: str
    backwards: str
    relation: str
    arguments: dict[str, Any]
    look: str
    present: list[tuple[Any, ...]]
    setup: str = "SELECT 1"


class Alteration(NamedTuple):
    """An operation that carries old and new, and how to see what it did."""

    name: str
    relation: str
    old: dict[str, Any]
    new: dict[str, Any]
    look: str
    before: list[tuple[Any, ...]]
    after: list[tuple[Any, ...]]
    setup: str


COLUMNSTORE = (
    "ALTER TABLE r SET (timescaledb.enable_columnstore, timescaledb.segmentby = "
    "'device', timescaledb.orderby = 'ts')"
)
PAIRS = [
    Pair(
        "enable_columnstore",
        "disable_columnstore",
        "r",
        {"segment_by": ["device"], "order_by": ["ts DESC"]},
        SETTINGS,
        [("device", "ts DESC")],
    ),
    Pair(
        "add_columnstore_policy",
        "remove_columnstore_policy",
        "r",
        {"after": 7 * DAY, "schedule_interval": DAY},
        JOBS.format("compression"),
        [({"compress_after": "7 days"}, DAY)],
        COLUMNSTORE,
    ),
    Pair(
        "add_retention_policy",
        "remove_retention_policy",
        "r",
        {"drop_after": 7000 * DAY},
        JOBS.format("retention"),
        [({"drop_after": "7000 days"}, DAY)],
    ),
    Pair(
        "add_reorder_policy",
        "remove_reorder_policy",
        "r",
        {"index": "r_ts_idx"},
        JOBS.format("reorder"),
        [({"index_name": "r_ts_idx"}, DAY / 2)],
    ),
    Pair(
        "create_continuous_aggregate",
        "drop_continuous_aggregate",
        "a",
        {"definition": AGGREGATE.partition(" AS ")[2].partition(" WITH NO")[0]},
        "SELECT view_name FROM timescaledb_information.continuous_aggregates",
        [("a",)],
    ),
    Pair(
        "add_refresh_policy",
        "remove_refresh_policy",
        "a",
        {"end_offset": DAY, "schedule_interval": DAY},
        JOBS.format("refresh_continuous_aggregate"),
        [({"start_offset": None, "end_offset": "1 day"}, DAY)],
        AGGREGATE,
    ),
]
ALTERATIONS = [
    Alteration(
        "set_chunk_interval",
        "r",
        {"chunk_interval": DAY},
        {"chunk_interval": 2 * DAY},
        "SELECT time_interval FROM timescaledb_information.dimensions",
        [(DAY,)],
        [(2 * DAY,)],
        "SELECT 1",
    ),
    Alteration(
        "alter_columnstore",
        "r",
        {"segment_by": ["device"], "order_by": ["ts"]},
        {"segment_by": [], "order_by": ["value", "ts"]},
        SETTINGS,
        [("device", "ts")],
        [("", "value,ts")],
        COLUMNSTORE,
    ),
    Alteration(
        "alter_columnstore_policy",
        "r",
        {"after": 7 * DAY, "schedule_interval": DAY},
        {"after": 9 * DAY, "schedule_interval": 2 * DAY},
        JOBS.format("compression"),
        [({"compress_after": "7 days"}, DAY)],
        [({"compress_after": "9 days"}, 2 * DAY)],
        f"{COLUMNSTORE}; CALL add_columnstore_policy('r', after => INTERVAL '7 days', "
        "schedule_interval => INTERVAL '1 day')",
    ),
    Alteration(
        "alter_retention_policy",
        "r",
        {"drop_after": 7000 * DAY},
        {"drop_after": 9000 * DAY},
        JOBS.format("retention"),
        [({"drop_after": "7000 days"}, DAY)],
        [({"drop_after": "9000 days"}, DAY)],
        "SELECT add_retention_policy('r', INTERVAL '7000 days')",
    ),
    Alteration(
        "alter_reorder_policy",
        "r",
        {"index": "r_ts_idx"},
        {"index": "other"},
        JOBS.format("reorder"),
        [({"index_name": "r_ts_idx"}, DAY / 2)],
        [({"index_name": "other"}, DAY / 2)],
        "CREATE INDEX other ON r (device); SELECT add_reorder_policy('r', 'r_ts_idx')",
    ),
    Alteration(
        "alter_continuous_aggregate",
        "a",
        {"materialized_only": True},
        {"materialized_only": False},
        "SELECT materialized_only FROM timescaledb_information.continuous_aggregates",
        [(True,)],
        [(False,)],
        AGGREGATE,
    ),
    Alteration(
        "alter_refresh_policy",
        "a",
        {"end_offset": DAY, "schedule_interval": DAY},
        {"start_offset": 9 * DAY, "schedule_interval": 2 * DAY},
        JOBS.format("refresh_continuous_aggregate"),
        [({"start_offset": None, "end_offset": "1 day"}, DAY)],
        [({"start_offset": "9 days", "end_offset": None}, 2 * DAY)],
        f"{AGGREGATE}; SELECT add_continuous_aggregate_policy('a', NULL, "
        "INTERVAL '1 day', INTERVAL '1 day')",
    ),
]


class Recorder(Operations):
    """Operations that also remember what they were asked to do."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(MigrationContext.configure(connection))
        self.asked: list[MigrateOperation] = []

    def invoke(self, operation: Any) -> Any:  # noqa: ANN401 (Alembic's signature)
        """Remember an operation and carry it out."""
        self.asked.append(operation)
        return super().invoke(operation)


@pytest.fixture
def op(connection: Connection) -> Iterator[Recorder]:
    """Alembic's operations on a database with a filled hypertable."""
    run(connection, SETUP)
    before = rows(connection, "SELECT * FROM r ORDER BY ts")
    yield Recorder(connection)
    assert rows(connection, "SELECT * FROM r ORDER BY ts") == before


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.forwards)
def test_a_pair_goes_there_and_back(
    connection: Connection, op: Recorder, pair: Pair
) -> None:
    """What the first of a pair makes the second takes away, and its reverse too."""
    run(connection, pair.setup)
    assert rows(connection, pair.look) == []
    getattr(op, pair.forwards)(pair.relation, **pair.arguments)
    assert rows(connection, pair.look) == pair.present
    forwards = op.asked[0]
    op.asked.clear()
    getattr(op, pair.backwards)(pair.relation, **pair.arguments)
    assert rows(connection, pair.look) == []
    backwards = op.asked[0]

    op.invoke(backwards.reverse())
    assert rows(connection, pair.look) == pair.present
    op.invoke(forwards.reverse())
    assert rows(connection, pair.look) == []
    assert forwards.to_diff_tuple()[0].startswith("add_")
    assert backwards.to_diff_tuple()[0].startswith("remove_")


@pytest.mark.parametrize("change", ALTERATIONS, ids=lambda change: change.name)
def test_an_alteration_goes_there_and_back(
    connection: Connection, op: Recorder, change: Alteration
) -> None:
    """What an alteration changes its reverse changes back."""
    run(connection, change.setup)
    assert rows(connection, change.look) == change.before
    existing = {f"existing_{key}": value for key, value in change.old.items()}
    getattr(op, change.name)(change.relation, **change.new, **existing)
    assert rows(connection, change.look) == change.after
    op.invoke(op.asked[0].reverse())
    assert rows(connection, change.look) == change.before


def test_disabling_brings_chunks_back(connection: Connection, op: Recorder) -> None:
    """Chunks in the columnstore come back into the rowstore before it goes."""
    run(connection, f"{COLUMNSTORE}; SELECT compress_chunk(c) FROM show_chunks('r') c")  # noqa: S608
    op.disable_columnstore("r", segment_by=["device"], order_by=["ts"])  # type: ignore[attr-defined]
    compressed = "SELECT FROM timescaledb_information.chunks WHERE is_compressed"
    assert rows(connection, compressed) == []


def test_a_refresh_fills_an_aggregate(connection: Connection, op: Recorder) -> None:
    """A refresh over a range materializes the range and nothing else."""
    run(connection, AGGREGATE)
    start = datetime(2024, 1, 2, tzinfo=UTC)
    assert rows(connection, "SELECT * FROM a") == []
    with op.get_context().begin_transaction():
        op.refresh_continuous_aggregate("a", start, start + 2 * DAY)  # type: ignore[attr-defined]
    assert len(rows(connection, "SELECT * FROM a")) == 2
    refresh = RefreshContinuousAggregateOp("a", start)
    assert refresh.to_diff_tuple()[:2] == ("refresh_continuous_aggregate", "a")
    op.invoke(refresh.reverse())
    assert len(rows(connection, "SELECT * FROM a")) == 2


def test_an_old_extension_is_refused(connection: Connection, op: Recorder) -> None:
    """A version that is new enough passes, and one that is not is named."""
    op.create_timescaledb_extension("2.18")  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="TimescaleDB 999 or later is needed"):
        op.create_timescaledb_extension("999")  # type: ignore[attr-defined]
    connection.rollback()
    created, *_ = op.asked
    assert created.to_diff_tuple() == ("add_timescaledb_extension", "2.18")
    dropped = created.reverse()
    assert dropped.to_diff_tuple() == ("remove_timescaledb_extension", "2.18")
    assert dropped.reverse().to_diff_tuple() == created.to_diff_tuple()
