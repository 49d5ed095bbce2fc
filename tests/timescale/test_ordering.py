"""Changes whose parts must come in one order forwards and in the other backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import render_python_code
from alembic.operations import ops
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    func,
    select,
)

from dataforeman_schema.timescale import (
    Absent,
    Columnstore,
    ContinuousAggregate,
    HashDimension,
    Hypertable,
    IntegerNow,
    RefreshContinuousAggregateOp,
    RefreshPolicy,
    ReorderPolicy,
    RetentionPolicy,
    time_bucket,
)
from dataforeman_schema.timescale.default_index import default_index_name
from dataforeman_schema.timescale.extension import (
    CreateTimescaledbExtensionOp,
    DropTimescaledbExtensionOp,
)
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)
HYPERTABLE = Hypertable("ts", chunk_interval=DAY)
DEVICE = partial(Column, "device", Integer, nullable=False)
FLOAT = partial(Column, "value", Float)
NUMERIC = partial(Column, "value", Numeric(12, 3))
OTHER = partial(Column, "other", Integer)


def models(*items: Any, column: str | None = None, value: str = "value") -> MetaData:  # noqa: ANN401
    """A hypertable of the given items, and an aggregate of a column if one is given."""
    metadata = MetaData()
    made = [item() if isinstance(item, partial) else item for item in items]
    time = Column("ts", DateTime(timezone=True), nullable=False)
    table = Table("readings", metadata, time, *made)
    if column:
        bucket = time_bucket(DAY, table.c.ts).label("day")
        query = select(bucket, func.max(table.c[column]).label(value)).group_by(bucket)
        daily = ContinuousAggregate(
            "daily",
            query,
            metadata=metadata,
            refresh=RefreshPolicy(None, DAY, DAY),
            columnstore=Columnstore(after=30 * DAY),
            retention=RetentionPolicy(4000 * DAY),
        )
        month = time_bucket(30 * DAY, daily.table.c.day).label("month")
        above = select(month, func.count().label("days")).group_by(month)
        ContinuousAggregate("monthly", above, metadata=metadata)
    return metadata


BY_DEVICE = Columnstore(("device",), ("ts DESC",), after=7 * DAY)
CASES: dict[str, tuple[MetaData, MetaData]] = {
    "a segment's column goes": (
        models(DEVICE, OTHER, HYPERTABLE, Columnstore(("other",), ("ts",))),
        models(DEVICE, HYPERTABLE, BY_DEVICE),
    ),
    "an unmanaged segment's column goes": (
        models(DEVICE, OTHER, HYPERTABLE, Columnstore(("other",), ("ts",))),
        models(DEVICE, HYPERTABLE),
    ),
    "a compressed column changes its type": (
        models(DEVICE, FLOAT, HYPERTABLE, BY_DEVICE, column="value"),
        models(DEVICE, NUMERIC, HYPERTABLE, BY_DEVICE, column="value"),
    ),
    "an aggregate's column comes and goes": (
        models(DEVICE, FLOAT, HYPERTABLE, column="value"),
        models(DEVICE, OTHER, HYPERTABLE, column="other"),
    ),
    "the reordering index comes and goes": (
        models(DEVICE, Index("old", "device"), HYPERTABLE, ReorderPolicy("old")),
        models(DEVICE, Index("new", "device", "ts"), HYPERTABLE, ReorderPolicy("new")),
    ),
    "a dimension comes below aggregates": (
        models(DEVICE, FLOAT, HYPERTABLE, BY_DEVICE, column="value"),
        models(
            DEVICE,
            FLOAT,
            Hypertable("ts", 2 * DAY, (HashDimension("device", 3),)),
            Absent(Columnstore),
            column="value",
        ),
    ),
    "a dimension comes and a column changes its type": (
        models(DEVICE, FLOAT, HYPERTABLE, BY_DEVICE, column="value"),
        models(
            DEVICE,
            NUMERIC,
            Hypertable("ts", hash_dimensions=(HashDimension("device", 3),)),
            BY_DEVICE,
            column="value",
        ),
    ),
    "a dimension goes below aggregates": (
        models(
            DEVICE,
            FLOAT,
            Hypertable("ts", hash_dimensions=(HashDimension("device", 3),)),
            BY_DEVICE,
            column="value",
        ),
        models(
            DEVICE,
            FLOAT,
            Hypertable("ts", hash_dimensions=()),
            BY_DEVICE,
            column="value",
        ),
    ),
    "a hypertable becomes a plain table": (
        models(DEVICE, FLOAT, HYPERTABLE, BY_DEVICE, column="value"),
        models(DEVICE, FLOAT, Absent(Hypertable)),
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_change_goes_there_and_back(
    connection: Connection, history: History, case: str
) -> None:
    """The upgrade reaches the new models, the downgrade the old ones, with all rows."""
    before, after = CASES[case]
    history.reach(before)
    run(
        connection,
        "INSERT INTO readings (ts, device) SELECT timestamptz '2024-01-01' + "
        "i * interval '1 hour', i % 3 FROM generate_series(1, 90) i",
    )
    stamps = rows(connection, "SELECT ts, device FROM readings ORDER BY ts")
    compressed = BY_DEVICE in before.info["timescale"].features(
        before.tables["readings"]
    )
    if compressed:
        run(connection, "SELECT compress_chunk(c) FROM show_chunks('readings') c")
    history.reach(after)
    assert history.differences(after) == []
    history.downgrade(before)
    assert history.differences(before) == []
    assert rows(connection, "SELECT ts, device FROM readings ORDER BY ts") == stamps


def counted(function: str, span: int, partitions: int) -> MetaData:
    """A hypertable on an integer, with every policy that needs its present."""
    metadata = MetaData()
    Table(
        "counted",
        metadata,
        Column("tick", Integer, nullable=False),
        Column("device", Integer, nullable=False),
        Hypertable(
            "tick",
            chunk_interval=100,
            hash_dimensions=[HashDimension("device", partitions)] if partitions else (),
        ),
        IntegerNow(function),
        Columnstore(("device",), ("tick",), after=span),
        RetentionPolicy(drop_after=100 * span),
    )
    return metadata


def test_an_integer_time_has_its_own_present(
    connection: Connection, history: History
) -> None:
    """Policies on integers follow a function, which stays when the table is remade."""
    for name in ("one", "two"):
        run(
            connection,
            f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql STABLE AS 'SELECT 900'",
        )
    before, after, last = counted("one", 50, 0), counted("two", 60, 3), MetaData()
    history.reach(before)
    run(
        connection, "INSERT INTO counted SELECT i, i % 3 FROM generate_series(1, 900) i"
    )
    for metadata in (after, last):
        history.reach(metadata)
        assert history.differences(metadata) == []
    history.downgrade(after)
    assert history.differences(after) == []
    history.downgrade(before)
    assert history.differences(before) == []
    before.drop_all(connection)
    before.create_all(connection)
    connection.commit()
    assert history.differences(before) == []


def test_operations_written_by_hand_render() -> None:
    """Operations that no comparison makes render as calls, with what to beware of."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    refresh = RefreshContinuousAggregateOp("daily", start, schema="telemetry")
    written = render_python_code(
        ops.UpgradeOps(
            [
                CreateTimescaledbExtensionOp("2.20"),
                refresh,
                refresh.reverse(),
                DropTimescaledbExtensionOp("2.20"),
            ]
        )
    )
    assert "op.create_timescaledb_extension('2.20')" in written
    assert "op.drop_timescaledb_extension('2.20')" in written
    assert "# Commits what the migration did so far" in written
    assert written.count("op.refresh_continuous_aggregate(\n") == 1
    assert "start=datetime.fromisoformat('2024-01-01T00:00:00+00:00')" in written


def test_a_long_index_name_is_cut_as_postgresql_cuts_it(
    connection: Connection, history: History
) -> None:
    """The index that TimescaleDB makes is known by its name, however long that is."""
    for table, column in (("t" * 60, "ts"), ("é" * 30, "c" * 50), ("t" * 30, "c" * 40)):
        metadata = MetaData()
        Table(
            table,
            metadata,
            Column(column, DateTime(timezone=True), nullable=False),
            Hypertable(column),
        )
        metadata.create_all(connection)
        connection.commit()
        names = (
            "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public'"
        )
        made = [name for owner, name in rows(connection, names) if owner == table]
        assert made == [default_index_name(table, column)]
        assert history.differences(metadata) == []
        metadata.drop_all(connection)
        connection.commit()
