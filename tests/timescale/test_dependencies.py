"""What depends on what is the server's to say, not that of the words of a query."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.timescale import ContinuousAggregate, Hypertable, time_bucket
from dataforeman_schema.timescale.catalog import Relation, read
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FILL = (
    "INSERT INTO devices VALUES (1, 'a', 1); "
    "INSERT INTO readings SELECT now() - i * INTERVAL '1 hour', 1, i "
    "FROM generate_series(1, 300) i"
)


def models(**kinds: Any) -> MetaData:  # noqa: ANN401
    """An aggregate over a join, whose words are names of columns it does not read."""
    metadata = MetaData()
    devices = Table(
        "devices",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("Site", kinds.get("site", Text)),
        Column("hourly", kinds.get("unread", Integer)),
    )
    readings = Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        Column("value", kinds.get("value", Float)),
        Column("max", kinds.get("word", Integer)),
        Hypertable("ts", chunk_interval=DAY),
    )
    bucket = time_bucket(HOUR, readings.c.ts).label("bucket")
    hourly = ContinuousAggregate(
        "hourly",
        select(bucket, devices.c.Site, func.max(readings.c.value).label("value"))
        .select_from(readings.join(devices, devices.c.id == readings.c.device))
        .group_by(bucket, devices.c.Site),
        metadata=metadata,
        materialized_only=True,
    )
    day = time_bucket(DAY, hourly.table.c.bucket).label("day")
    ContinuousAggregate(
        "daily",
        select(day, func.max(hourly.table.c.value).label("value")).group_by(day),
        metadata=metadata,
        materialized_only=True,
    )
    return metadata


@pytest.mark.parametrize("column", ["word", "unread"])
def test_a_word_is_no_dependency(
    connection: Connection, history: History, column: str
) -> None:
    """A column that is not read changes its type, and no materialized row is lost."""
    history.reach(models())
    run(connection, FILL)
    operations = Operations(MigrationContext.configure(connection))
    for aggregate in ("hourly", "daily"):
        operations.refresh_continuous_aggregate(aggregate)  # type: ignore[attr-defined]
    run(
        connection,
        "SELECT drop_chunks('readings', older_than => now() - INTERVAL '5 days')",
    )
    counts = "SELECT (SELECT count(*) FROM hourly), (SELECT count(*) FROM daily)"
    before = rows(connection, counts)
    kind = {"word": BigInteger, "unread": BigInteger}[column]
    written = history.reach(models(**{column: kind}))
    assert "continuous_aggregate" not in written
    assert rows(connection, counts) == before
    history.downgrade(models())
    assert rows(connection, counts) == before


@pytest.mark.parametrize("column", ["value", "site"])
def test_a_column_that_is_read_takes_the_aggregates_along(
    history: History, column: str
) -> None:
    """Also through a join and a quoted name, the aggregates go and come back."""
    kind, before = {"value": (Numeric, Float), "site": (BigInteger, Integer)}[column]
    history.reach(models(**{column: before}))
    written = history.reach(models(**{column: kind}))
    up = written.partition("def downgrade")[0]
    order = ["op.suspend_continuous_", "op.alter_column(", "op.resume_continuous_"]
    assert sorted(order, key=up.index) == order
    assert up.count("op.resume_continuous_") == len(("hourly", "daily"))
    assert history.differences(models(**{column: kind})) == []


def test_what_an_aggregate_reads_is_read(connection: Connection) -> None:
    """The catalog says the columns of each table and aggregate that are read."""
    models().create_all(connection)
    aggregates = read(connection).aggregates
    schema = read(connection).default_schema
    connection.commit()
    assert aggregates[Relation(schema, "hourly")].reads == {
        Relation(schema, "readings"): {"ts", "device", "value"},
        Relation(schema, "devices"): {"id", "Site"},
    }
    assert aggregates[Relation(schema, "daily")].reads == {
        Relation(schema, "hourly"): {"bucket", "value"},
    }


def test_buckets_of_rows_that_are_gone_are_not_lost_unasked(
    connection: Connection, history: History
) -> None:
    """An aggregate that would lose rows stays, with their number said, until told."""
    history.reach(models())
    run(connection, FILL)
    operations = Operations(MigrationContext.configure(connection))
    operations.refresh_continuous_aggregate("hourly")  # type: ignore[attr-defined]
    history.reach(models(value=Numeric))
    history.downgrade(models())
    operations.refresh_continuous_aggregate("hourly")  # type: ignore[attr-defined]
    drop = "SELECT drop_chunks('readings', older_than => now() - INTERVAL '5 days')"
    run(connection, drop)
    [(hours,)] = rows(
        connection,
        "SELECT count(*) FROM hourly WHERE bucket + INTERVAL '1 hour' "
        "<= (SELECT min(ts) FROM readings)",
    )
    assert hours > 0
    with pytest.raises(DBAPIError, match=f"{hours} rows of the continuous aggregate"):
        history.upgrade(models(value=Numeric))
    connection.rollback()
    assert history.differences(models()) == []
    history.upgrade(models(value=Numeric), "lose-data=yes")
    assert history.differences(models(value=Numeric)) == []
