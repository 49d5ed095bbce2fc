"""Every type of time column works in every operation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Uuid,
    func,
    select,
)

from dataforeman_schema.timescale import (
    Columnstore,
    ContinuousAggregate,
    Hypertable,
    IntegerNow,
    RefreshPolicy,
    RetentionPolicy,
    time_bucket,
)
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)
INTEGERS: dict[str, Any] = {
    "smallint": SmallInteger,
    "integer": Integer,
    "bigint": BigInteger,
}
# The type, a value in SQL, and the range of a refresh.
TIMES: dict[str, tuple[Any, str, Any, Any]] = {
    "timestamptz": (
        DateTime(timezone=True),
        "timestamptz '2024-01-01 12:00+00'",
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 1, 3, tzinfo=UTC),
    ),
    "timestamp": (
        DateTime(),
        "timestamp '2024-01-01 12:00'",
        datetime(2024, 1, 1),  # noqa: DTZ001 - of a column without time zone
        datetime(2024, 1, 3),  # noqa: DTZ001
    ),
    "date": (Date(), "date '2024-01-01'", date(2024, 1, 1), date(2024, 1, 3)),
}


def models(kind: Any, unit: Any, *, age: int = 100) -> MetaData:  # noqa: ANN401
    """A hypertable on a column of a type, with every policy and an aggregate."""
    metadata = MetaData()
    by_number = [IntegerNow("present")] if isinstance(unit, int) else []
    table = Table(
        "r",
        metadata,
        Column("t", kind, nullable=False),
        Column("value", Float),
        Hypertable("t", chunk_interval=10 * unit),
        Columnstore(after=age * unit),
        RetentionPolicy(20 * age * unit),
        *by_number,
    )
    bucket = time_bucket(unit, table.c.t).label("bucket")
    ContinuousAggregate(
        "a",
        select(bucket, func.max(table.c.value).label("value")).group_by(bucket),
        metadata=metadata,
        materialized_only=True,
        refresh=RefreshPolicy(age * unit, 2 * unit, DAY),
        retention=RetentionPolicy(20 * age * unit),
    )
    return metadata


def refreshed(
    connection: Connection,
    start: Any,  # noqa: ANN401
    end: Any,  # noqa: ANN401
) -> list[tuple[Any, ...]]:
    """What the aggregate shows after a refresh over a range."""
    operations = Operations(MigrationContext.configure(connection))
    operations.refresh_continuous_aggregate("a", start, end)  # type: ignore[attr-defined]
    return rows(connection, "SELECT value FROM a")


@pytest.mark.parametrize("name", sorted(INTEGERS))
def test_an_integer_column(connection: Connection, history: History, name: str) -> None:
    """Chunks, policies, aggregates and refreshes take numbers of the column's type."""
    kind = INTEGERS[name]
    run(
        connection,
        f"CREATE OR REPLACE FUNCTION present() RETURNS {name} LANGUAGE sql STABLE "
        f"AS 'SELECT 30000::{name}'",
    )
    history.reach(models(kind, 10))
    assert history.differences(models(kind, 10)) == []
    run(connection, "INSERT INTO r VALUES (25000, 1)")
    assert refreshed(connection, 20000, 30000) == [(1.0,)]
    history.reach(models(kind, 10, age=90))
    assert history.differences(models(kind, 10, age=90)) == []
    history.downgrade(models(kind, 10))
    assert history.differences(models(kind, 10)) == []
    history.downgrade(models(kind, 10), "base")
    run(connection, "DROP FUNCTION present()")


@pytest.mark.parametrize("name", sorted(TIMES))
def test_a_time_column(connection: Connection, history: History, name: str) -> None:
    """Chunks, policies, aggregates and refreshes take spans and moments."""
    kind, value, start, end = TIMES[name]
    # Ages far beyond the rows: no policy's worker shall delete them meanwhile.
    history.reach(models(kind, DAY, age=5000))
    assert history.differences(models(kind, DAY, age=5000)) == []
    run(connection, f"INSERT INTO r VALUES ({value}, 1)")  # noqa: S608
    assert refreshed(connection, start, end) == [(1.0,)]
    history.reach(models(kind, DAY, age=4000))
    assert history.differences(models(kind, DAY, age=4000)) == []
    history.downgrade(models(kind, DAY, age=5000))
    assert history.differences(models(kind, DAY, age=5000)) == []


def test_a_uuid_column(connection: Connection, history: History) -> None:
    """A hypertable on UUIDs of version 7, where the server makes chunks of them."""
    metadata = MetaData()
    Table(
        "r",
        metadata,
        Column("id", Uuid, primary_key=True),
        Hypertable("id", chunk_interval=DAY),
        RetentionPolicy(5000 * DAY),
    )
    try:
        history.reach(metadata)
    except Exception as error:  # noqa: BLE001 - of whichever driver
        connection.rollback()
        assert "dimension" in str(error)  # noqa: PT017
        pytest.skip("this release makes no chunks of UUIDs")
    assert history.differences(metadata) == []
    run(connection, "INSERT INTO r VALUES ('019bcd00-0000-7000-8000-000000000000')")
    history.downgrade(metadata, "base")
