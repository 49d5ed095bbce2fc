"""A retention policy that would delete rows at its first run is refused, counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.timescale import (
    ContinuousAggregate,
    Hypertable,
    IntegerNow,
    RetentionPolicy,
    time_bucket,
)
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)

TIMES: dict[str, tuple[Any, Any, Any, str]] = {
    "timestamptz": (
        DateTime(timezone=True),
        DAY,
        7 * DAY,
        "now() - i * INTERVAL '1 day'",
    ),
    "timestamp": (DateTime(), DAY, 7 * DAY, "localtimestamp - i * INTERVAL '1 day'"),
    "date": (Date(), DAY, 7 * DAY, "current_date - i"),
    "bigint": (BigInteger(), 10, 100, "1000 - i * 10"),
    "integer": (Integer(), 10, 100, "1000 - i * 10"),
    "smallint": (SmallInteger(), 10, 100, "1000 - i * 10"),
}


def models(kind: str, *features: Any, of_aggregate: Any = None) -> MetaData:  # noqa: ANN401
    """A hypertable and an aggregate, by a type of time."""
    column, interval, _age, _value = TIMES[kind]
    metadata = MetaData()
    at: Any = Column("at", column, nullable=False)
    now = [IntegerNow("r_now")] if "int" in kind else []
    hypertable = Hypertable("at", chunk_interval=interval)
    r = Table("r", metadata, at, Column("v", Integer), hypertable, *now, *features)
    bucket = time_bucket(interval, r.c.at).label("b")
    query = select(bucket, func.max(r.c.v).label("v")).group_by(bucket)
    options = {"retention": of_aggregate} if of_aggregate else {}
    ContinuousAggregate(
        "a", query, metadata=metadata, materialized_only=True, **options
    )
    return metadata


@pytest.fixture
def kind(connection: Connection, history: History, request: Any) -> str:  # noqa: ANN401
    """A type of time, of which there are twenty rows, one a chunk."""
    kind: str = request.param
    if "int" in kind:
        now = f"RETURNS {kind} STABLE LANGUAGE sql AS 'SELECT 1000::{kind}'"
        run(connection, f"CREATE OR REPLACE FUNCTION r_now() {now}")
    history.reach(models(kind))
    value = f"SELECT {TIMES[kind][3]}, i FROM generate_series(0, 19) i"  # noqa: S608
    run(connection, f"INSERT INTO r {value}")
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql("CALL refresh_continuous_aggregate('a', NULL, NULL)")
    connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")
    return kind


@pytest.mark.parametrize("kind", sorted(TIMES), indirect=True)
def test_rows_of_a_table(connection: Connection, history: History, kind: str) -> None:
    """The policy is refused until it is told; a longer one is added."""
    age = TIMES[kind][2]
    longer = models(kind, RetentionPolicy(10 * age))
    history.reach(longer)
    shorter = models(kind, RetentionPolicy(age))
    history.revise(shorter)
    with pytest.raises(
        DBAPIError, match=r"\d+ rows of r would be deleted .*first runs"
    ):
        history.upgrade(shorter)
    connection.rollback()
    assert history.differences(longer) == []
    assert rows(connection, "SELECT count(*) FROM r") == [(20,)]
    history.upgrade(shorter, "lose-data=yes")
    assert history.differences(shorter) == []


@pytest.mark.parametrize("kind", ["timestamptz", "bigint"], indirect=True)
def test_rows_of_an_aggregate(
    connection: Connection, history: History, kind: str
) -> None:
    """Buckets are counted as rows are."""
    shorter = models(kind, of_aggregate=RetentionPolicy(TIMES[kind][2]))
    history.revise(shorter)
    with pytest.raises(DBAPIError, match=r"\d+ rows of a would be deleted"):
        history.upgrade(shorter)
    connection.rollback()
    history.upgrade(shorter, "lose-data=yes")
    assert history.differences(shorter) == []


@pytest.mark.parametrize("kind", ["timestamptz"], indirect=True)
def test_the_age_of_chunks(connection: Connection, history: History, kind: str) -> None:
    """A policy that goes by the age of chunks counts by it."""
    old = models(kind, RetentionPolicy(drop_created_before=timedelta(microseconds=1)))
    history.revise(old)
    with pytest.raises(DBAPIError, match="20 rows of r would be deleted"):
        history.upgrade(old)
    connection.rollback()
    history.forget(old)
    young = models(kind, RetentionPolicy(drop_created_before=DAY))
    history.reach(young)
    assert history.differences(young) == []
