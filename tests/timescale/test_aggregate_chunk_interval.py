"""The span of the chunks that keep what an aggregate has materialized."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import BigInteger, Column, Date, Float, MetaData, Table, func, select

from dataforeman_schema.timescale import (
    ContinuousAggregate,
    DeclarationError,
    Hypertable,
    IntegerNow,
    Months,
    time_bucket,
)
from dataforeman_schema.timescale.declaration import registry
from dataforeman_schema.timescale.scaffold import scaffold
from tests.timescale.aggregated import DAY, HOUR, models, without_aggregate
from tests.timescale.sql import rows, run
from tests.timescale.test_sql import written

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

SET = "SELECT set_chunk_time_interval('hourly', INTERVAL '{} days')"
INTERVALS = (
    "SELECT coalesce(time_interval, make_interval(secs => integer_interval)) "
    "FROM timescaledb_information.dimensions WHERE hypertable_name LIKE '_mat%' "
    "ORDER BY hypertable_name"
)


def intervals(connection: Connection) -> list[timedelta]:
    """The spans of all aggregates' chunks."""
    return [span for (span,) in rows(connection, INTERVALS)]


def counted(span: Any) -> MetaData:  # noqa: ANN401
    """Models of an aggregate over an integer column."""
    metadata = MetaData()
    counts = Table(
        "counts",
        metadata,
        Column("n", BigInteger, nullable=False),
        Column("value", Float),
        Hypertable("n", chunk_interval=100),
        IntegerNow("present"),
    )
    bucket = time_bucket(10, counts.c.n).label("bucket")
    query = select(bucket, func.max(counts.c.value).label("value")).group_by(bucket)
    ContinuousAggregate("tens", query, metadata=metadata, chunk_interval=span)
    return metadata


def test_it_is_set_where_the_aggregate_is_made(
    connection: Connection, history: History
) -> None:
    """A new aggregate has the declared span, and its downgrade is just the drop."""
    metadata = models(chunk_interval=3 * DAY)
    text = history.reach(metadata)
    upgrade, downgrade = text.split("def downgrade")
    assert (
        "op.set_chunk_interval('hourly', chunk_interval=timedelta(days=3))" in upgrade
    )
    assert "set_chunk_interval" not in downgrade
    assert intervals(connection) == [3 * DAY]
    assert history.differences(metadata) == []
    history.downgrade(metadata)


def test_create_all_sets_it(connection: Connection, history: History) -> None:
    """The aggregate of a new database has the declared span; months are 30 days."""
    metadata = models(chunk_interval=Months(1))
    metadata.create_all(connection)
    connection.commit()
    assert intervals(connection) == [30 * DAY]
    assert history.differences(metadata) == []


def test_it_changes_in_place_for_new_chunks(
    connection: Connection, history: History
) -> None:
    """Another span is set in both directions, and no row and no chunk is touched."""
    metadata = models(chunk_interval=3 * DAY)
    history.reach(metadata)
    run(
        connection,
        "INSERT INTO readings SELECT '2026-01-01'::timestamptz + n * INTERVAL '1 day', "
        "1, 'x', n FROM generate_series(0, 9) n",
    )
    connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
        "CALL refresh_continuous_aggregate('hourly', NULL, NULL)"
    )
    connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")
    kept = "SELECT show_chunks('hourly')::text ORDER BY 1"
    chunks = rows(connection, kept)
    assert len(chunks) > 1

    changed = models(chunk_interval=7 * DAY)
    text = history.reach(changed)
    assert "existing_chunk_interval=timedelta(days=3)" in text
    assert intervals(connection) == [7 * DAY]
    assert history.differences(changed) == []
    assert rows(connection, kept) == chunks
    assert rows(connection, "SELECT count(*) FROM hourly") == [(10,)]
    history.downgrade(metadata)
    assert intervals(connection) == [3 * DAY]


def test_what_is_left_out_is_left_alone(
    connection: Connection, history: History
) -> None:
    """A span that somebody set is no difference, and one that is declared is."""
    history.reach(models())
    assert intervals(connection) == [10 * DAY]
    run(connection, SET.format(5))
    assert history.differences(models()) == []
    ((kind, name, *_),) = history.differences(models(chunk_interval=3 * DAY))
    assert (kind, name) == ("modify_chunk_interval", "hourly")


@pytest.mark.parametrize("declared", [{}, {"chunk_interval": 5 * DAY}])
def test_it_goes_along_with_a_new_aggregate(
    connection: Connection, history: History, declared: dict[str, Any]
) -> None:
    """An aggregate that is made anew has the span, in both directions."""
    metadata = models(**declared)
    history.reach(metadata)
    run(connection, SET.format(5))
    anew = models(width=2 * HOUR, **declared)
    history.reach(anew)
    assert intervals(connection) == [5 * DAY]
    assert history.differences(anew) == []
    history.downgrade(metadata)
    assert intervals(connection) == [5 * DAY]
    assert history.differences(metadata) == []


def test_of_what_the_server_chose_nothing_is_said(history: History) -> None:
    """An aggregate that is made anew is left to the server if it was."""
    history.reach(models())
    assert "set_chunk_interval" not in history.reach(models(width=2 * HOUR))


def test_it_comes_back_with_a_dropped_aggregate(
    connection: Connection, history: History
) -> None:
    """The downgrade of a drop makes chunks of the span that there was."""
    history.reach(models())
    run(connection, SET.format(5))
    history.reach(without_aggregate())
    assert intervals(connection) == []
    history.downgrade(models())
    assert intervals(connection) == [5 * DAY]


def test_the_span_of_an_aggregate_of_an_aggregate(
    connection: Connection, history: History
) -> None:
    """One that reads another has that one's span until it is set, and goes with it."""

    def stacked(width: timedelta, span: timedelta | None) -> MetaData:
        metadata = models(width=width)
        (hourly,) = registry(metadata).aggregates.values()
        assert isinstance(hourly, ContinuousAggregate)
        source = hourly.table
        day = time_bucket(DAY, source.c.bucket).label("day")
        query = select(day, func.max(source.c.value).label("value")).group_by(day)
        ContinuousAggregate("daily", query, metadata=metadata, chunk_interval=span)
        return metadata

    history.reach(stacked(HOUR, None))
    assert intervals(connection) == [10 * DAY, 10 * DAY]
    text = history.reach(stacked(2 * HOUR, None))
    assert "set_chunk_interval" not in text
    history.reach(stacked(HOUR, 4 * DAY))
    assert sorted(intervals(connection)) == [4 * DAY, 10 * DAY]
    history.downgrade(stacked(2 * HOUR, None))
    assert intervals(connection) == [10 * DAY, 10 * DAY]
    assert history.differences(stacked(2 * HOUR, None)) == []


def test_an_integer_column_has_a_number(
    connection: Connection, history: History
) -> None:
    """Of an integer column the span is a number, set and changed as any."""
    run(
        connection,
        "CREATE FUNCTION present() RETURNS bigint LANGUAGE sql STABLE "
        "AS 'SELECT 1000::bigint'",
    )
    history.reach(counted(500))
    assert intervals(connection) == [timedelta(seconds=500)]
    history.reach(counted(700))
    assert intervals(connection) == [timedelta(seconds=700)]
    assert history.differences(counted(700)) == []
    assert "chunk_interval=700" in scaffold(connection)
    connection.commit()
    history.downgrade(counted(500))
    assert intervals(connection) == [timedelta(seconds=500)]


def test_it_is_scaffolded(connection: Connection) -> None:
    """The span that a database has is written as models declare it."""
    models(chunk_interval=3 * DAY).create_all(connection)
    connection.commit()
    assert "chunk_interval=timedelta(days=3),\n)" in scaffold(connection)


def test_the_sql_of_a_new_one() -> None:
    """What an aggregate had before need not be said."""
    sql = written("set_chunk_interval", "h", chunk_interval=DAY, schema="The irs")
    call = """set_chunk_time_interval('"The irs".h', INTERVAL '1 day');"""
    assert f"SELECT {call}" in sql


def test_a_span_that_suits_no_column_is_refused() -> None:
    """The kind of the time column decides, through any number of aggregates."""
    with pytest.raises(DeclarationError, match="chunk_interval must be positive"):
        models(chunk_interval=-DAY)
    with pytest.raises(DeclarationError, match=r"ts .* must be a timedelta or Months"):
        models(chunk_interval=5)
    with pytest.raises(DeclarationError, match=r"n .* must be an integer"):
        counted(DAY)
    metadata = MetaData()
    dates = Table("d", metadata, Column("on", Date, nullable=False), Hypertable("on"))
    bucket = time_bucket(DAY, dates.c.on).label("bucket")
    with pytest.raises(DeclarationError, match="must be whole days"):
        ContinuousAggregate(
            "daily",
            select(bucket, func.count()).group_by(bucket),
            metadata=metadata,
            chunk_interval=30 * HOUR,
        )
