"""Ages and schedules that are defaults for new databases, and may be changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, DateTime, Float, MetaData, Table, func, select

from dataforeman_schema.timescale import (
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
from dataforeman_schema.timescale.notes import tuned
from tests.timescale.mutations import alter, configure
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
REFRESH = "refresh_continuous_aggregate"
COLUMNSTORE_BY_CREATION = (
    "CALL remove_columnstore_policy('readings'); CALL add_columnstore_policy("
    "'readings', created_before => INTERVAL '9 days', "
    "schedule_interval => INTERVAL '1 day')"
)

# What an operator changes, and the settings that are reported.
TUNED = {
    "columnstore's age": (
        configure("compression", "readings", "compress_after", '"14 days"'),
        ["readings: columnstore policy: after is 14 days; new databases get 7 days"],
    ),
    "columnstore's other age": (
        COLUMNSTORE_BY_CREATION,
        ["readings: columnstore policy: after is not set; new databases get 7 days"],
    ),
    "columnstore's schedule": (
        alter("compression", "readings", "schedule_interval => INTERVAL '3 hours'"),
        [
            (
                "readings: columnstore policy: schedule_interval is 3 hours; new "
                "databases get 1 day"
            )
        ],
    ),
    "retention's age": (
        configure("retention", "readings", "drop_after", '"1 month"'),
        [
            (
                "readings: retention policy: drop_after is 1 month; new databases get "
                "90 days"
            )
        ],
    ),
    "refresh window": (
        configure(REFRESH, "hourly", "start_offset", '"9 days"')
        + "; "
        + configure(REFRESH, "hourly", "end_offset", '"5 hours"'),
        [
            "hourly: refresh policy: start_offset is 9 days; new databases get 3 days",
            "hourly: refresh policy: end_offset is 5 hours; new databases get 2 hours",
        ],
    ),
    "refresh schedule": (
        alter(REFRESH, "hourly", "schedule_interval => INTERVAL '4 hours'"),
        [
            (
                "hourly: refresh policy: schedule_interval is 4 hours; new databases "
                "get 1 hour"
            )
        ],
    ),
}
BROKEN = {
    "missing": ("SELECT remove_retention_policy('readings')", "add_retention_policy"),
    "paused": (
        alter("retention", "readings", "scheduled => false"),
        "it is paused",
    ),
    "doubled": (
        (
            "SELECT add_job('_timescaledb_functions.policy_retention', '1 day', "
            "config => config) FROM timescaledb_information.jobs "
            "WHERE proc_name = 'policy_retention'"
        ),
        "there are 2 of it",
    ),
}


def models() -> MetaData:
    """Models whose policies operators may tune."""
    metadata = MetaData()
    readings = Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("value", Float),
        Hypertable("ts", chunk_interval=DAY),
        Columnstore(after=Tunable(7 * DAY), schedule_interval=Tunable(DAY)),
        RetentionPolicy(Tunable(90 * DAY)),
    )
    bucket = time_bucket(HOUR, readings.c.ts).label("bucket")
    ContinuousAggregate(
        "hourly",
        select(bucket, func.max(readings.c.value).label("value")).group_by(bucket),
        metadata=metadata,
        refresh=RefreshPolicy(Tunable(3 * DAY), Tunable(2 * HOUR), Tunable(HOUR)),
    )
    return metadata


def reported(connection: Connection) -> list[str]:
    """What is said of tuned settings."""
    found = [
        f"{it.relation.name}: {it.text}" for it in tuned(read(connection), models())
    ]
    connection.commit()
    return found


@pytest.mark.parametrize("case", sorted(TUNED))
def test_a_tuned_setting_is_no_difference(
    connection: Connection, history: History, case: str
) -> None:
    """What an operator may change is no difference, is reported, and stays."""
    change, words = TUNED[case]
    history.reach(models())
    assert reported(connection) == []
    run(connection, change)
    assert history.differences(models()) == []
    assert reported(connection) == words


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_a_tuned_policy_that_does_not_run_is_a_difference(
    connection: Connection, history: History, case: str
) -> None:
    """A policy that is missing, paused or doubled is mended with the tuned age."""
    change, words = BROKEN[case]
    models().create_all(connection)
    connection.commit()
    age = configure("retention", "readings", "drop_after", '"30 days"')
    run(connection, f"{age}; {change}")
    assert words in str(history.differences(models()))
    history.reach(models())
    assert history.differences(models()) == []
    ages = rows(
        connection,
        "SELECT config ->> 'drop_after' FROM timescaledb_information.jobs "
        "WHERE proc_name = 'policy_retention'",
    )
    assert [interval.removesuffix(" days") for (interval,) in ages] == [
        "90" if case == "missing" else "30"
    ]


def test_a_revision_writes_the_default(history: History) -> None:
    """A new policy's operation has the default as a plain value."""
    text = history.reach(models())
    assert "Tunable" not in text
    assert "after=timedelta(days=7)" in text
    assert "drop_after=timedelta(days=90)" in text


def test_a_default_is_checked() -> None:
    """A default that TimescaleDB would not take is refused where it is written."""
    time = Column("ts", DateTime(timezone=True), nullable=False)
    with pytest.raises(DeclarationError, match=r"drop_after .* must be positive"):
        Table("r", MetaData(), time, Hypertable("ts"), RetentionPolicy(Tunable(-DAY)))
