"""Policies change in place, and of several each is the one that it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, DateTime, Float, Integer, MetaData, Table, func, select

from dataforeman_schema.timescale import (
    UNMANAGED,
    Absent,
    Columnstore,
    ContinuousAggregate,
    DeclarationError,
    Hypertable,
    RefreshPolicy,
    RetentionPolicy,
    Tunable,
    time_bucket,
)
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import undeclared
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
RECENT = RefreshPolicy(3 * DAY, HOUR, 5 * MINUTE)
OLDER = RefreshPolicy(30 * DAY, 4 * DAY, DAY)
ADD_OLDER = (
    "SELECT add_continuous_aggregate_policy('hourly', INTERVAL '30 days', "
    "INTERVAL '4 days', INTERVAL '1 day')"
)
WINDOWS = (
    "SELECT config ->> 'start_offset', schedule_interval FROM "
    "timescaledb_information.jobs WHERE proc_name LIKE 'policy_refresh%' ORDER BY 1"
)
BOTH = [("3 days", 5 * MINUTE), ("30 days", DAY)]


def models(
    *features: Any,  # noqa: ANN401
    refresh: Any = UNMANAGED,  # noqa: ANN401
) -> MetaData:
    """A hypertable with some features, and an aggregate of it."""
    metadata = MetaData()
    readings = Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer),
        Column("value", Float),
        Hypertable("ts", chunk_interval=DAY),
        *features,
    )
    bucket = time_bucket(HOUR, readings.c.ts).label("bucket")
    query = select(bucket, func.max(readings.c.value).label("value")).group_by(bucket)
    ContinuousAggregate("hourly", query, metadata=metadata, refresh=refresh)
    return metadata


@pytest.fixture
def several(connection: Connection) -> None:
    """Skip where an aggregate has one refresh policy at most, as before 2.21."""
    models(refresh=RECENT).create_all(connection)
    try:
        connection.exec_driver_sql(ADD_OLDER)
    except Exception:  # noqa: BLE001 - of whichever driver
        connection.rollback()
        pytest.skip("this release has one refresh policy an aggregate")
    connection.rollback()


@pytest.mark.usefixtures("several")
def test_a_policy_beside_the_declared_one_is_left_alone(
    connection: Connection, history: History
) -> None:
    """Two windows are no copies: the other one stays, whatever the declared does."""
    history.reach(models(refresh=RECENT))
    run(connection, ADD_OLDER)
    assert history.differences(models(refresh=RECENT)) == []
    notes = [it.text for it in undeclared(read(connection), models(refresh=RECENT))]
    assert notes == ["refresh policy: from 30 days ago to 4 days ago, every 1 day"]
    connection.commit()
    changed = models(refresh=RefreshPolicy(3 * DAY, HOUR, 7 * MINUTE))
    history.reach(changed)
    assert rows(connection, WINDOWS) == [("3 days", 7 * MINUTE), ("30 days", DAY)]
    history.downgrade(changed)
    assert rows(connection, WINDOWS) == BOTH


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("order", [(RECENT, OLDER), [OLDER, RECENT]])
def test_several_are_declared_as_a_sequence(
    connection: Connection, history: History, order: Sequence[RefreshPolicy]
) -> None:
    """Each of a sequence is compared with its own, and no other may be there."""
    metadata = models(refresh=order)
    history.reach(metadata)
    assert rows(connection, WINDOWS) == BOTH
    assert history.differences(metadata) == []

    history.reach(models(refresh=[OLDER]))
    assert rows(connection, WINDOWS) == BOTH[1:]
    assert history.differences(models(refresh=[OLDER])) == []
    history.downgrade(metadata)
    assert rows(connection, WINDOWS) == BOTH
    history.forget(metadata)

    history.reach(models(refresh=Absent(RefreshPolicy)))
    assert rows(connection, WINDOWS) == []
    history.downgrade(metadata)
    assert history.differences(metadata) == []


@pytest.mark.usefixtures("several")
def test_create_all_makes_several(connection: Connection, history: History) -> None:
    """A sequence of policies is created as it is declared."""
    metadata = models(refresh=(RECENT, OLDER))
    metadata.create_all(connection)
    connection.commit()
    assert rows(connection, WINDOWS) == BOTH
    assert history.differences(metadata) == []


def test_only_equal_windows_are_copies(
    connection: Connection, history: History
) -> None:
    """A policy of the same window, added by hand, is a copy and goes."""
    history.reach(models(refresh=RECENT))
    run(
        connection,
        "SELECT add_job('_timescaledb_functions.policy_refresh_continuous_aggregate', "
        "'1 day', config => config) FROM timescaledb_information.jobs "
        "WHERE proc_name LIKE 'policy_refresh%'",
    )
    assert "there are 2 of it" in str(history.differences(models(refresh=RECENT)))
    history.reach(models(refresh=RECENT))
    assert rows(connection, WINDOWS) == BOTH[:1]


def test_an_empty_sequence_is_refused() -> None:
    """That there must be none is said in one way."""
    with pytest.raises(DeclarationError, match=r"Absent\(RefreshPolicy\)"):
        models(refresh=())


JOBS = (
    "SELECT job_id, proc_name, max_runtime, max_retries, retry_period, fixed_schedule, "
    "initial_start, next_start, config ->> 'mine' "
    "FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY job_id"
)
BY_HAND = (
    "SELECT alter_job(job_id, max_runtime => INTERVAL '10 min', max_retries => 3, "
    "retry_period => INTERVAL '7 min', fixed_schedule => true, "
    "initial_start => '2030-01-01 03:00+00', next_start => '2031-02-03 04:05+00', "
    "timezone => 'Asia/Tokyo', config => config || '{\"mine\": 5}') "
    "FROM timescaledb_information.jobs WHERE job_id >= 1000"
)
JOB_TABLE = (
    "SELECT coalesce(to_regclass('_timescaledb_catalog.bgw_job'), "
    "to_regclass('_timescaledb_config.bgw_job'))::text"
)


def zones(connection: Connection) -> set[str | None]:
    """The time zones of all jobs."""
    ((table,),) = rows(connection, JOB_TABLE)
    query = f"SELECT timezone FROM {table} WHERE id >= 1000"  # noqa: S608
    return {zone for (zone,) in rows(connection, query)}


def test_a_changed_policy_keeps_what_is_set_of_its_job(
    connection: Connection, history: History
) -> None:
    """Another age is set in place, in both directions, and nothing else is touched."""

    def aged(days: int) -> MetaData:
        return models(
            Columnstore(("device",), after=days * DAY),
            RetentionPolicy(10 * days * DAY),
            refresh=RefreshPolicy((days + 1) * DAY, HOUR, HOUR),
        )

    history.reach(aged(7))
    run(connection, BY_HAND)
    before = rows(connection, JOBS)
    assert history.differences(aged(7)) == []
    history.reach(aged(8))
    assert history.differences(aged(8)) == []
    assert rows(connection, JOBS) == before
    assert zones(connection) == {"Asia/Tokyo"}
    history.downgrade(aged(7))
    assert history.differences(aged(7)) == []
    assert rows(connection, JOBS) == before


def test_altering_a_policy_that_is_not_there_fails_in_words(
    connection: Connection, history: History
) -> None:
    """A revision that would change nothing says so instead."""
    history.reach(models(RetentionPolicy(9 * DAY)))
    history.revise(models(RetentionPolicy(8 * DAY)))
    run(connection, "SELECT remove_retention_policy('readings')")
    with pytest.raises(Exception, match="readings has no retention policy"):
        history.upgrade(models(RetentionPolicy(8 * DAY)))
    connection.rollback()


def test_a_tuned_window_is_the_same_policy(
    connection: Connection, history: History
) -> None:
    """Of a window that operators may change, any other is the same policy."""
    tunable = models(refresh=RefreshPolicy(Tunable(3 * DAY), HOUR, Tunable(DAY)))
    history.reach(tunable)
    run(
        connection,
        'SELECT alter_job(job_id, config => config || \'{"start_offset": "9 days"}\')'
        " FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_refresh%'",
    )
    assert history.differences(tunable) == []
    assert undeclared(read(connection), tunable) == []
    connection.commit()
