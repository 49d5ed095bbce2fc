"""Policies that go by when a chunk was made: only somebody by hand adds them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, DateTime, MetaData, Table

from dataforeman_schema.timescale import (
    Absent,
    Columnstore,
    ColumnstorePolicy,
    DeclarationError,
    Hypertable,
    RetentionPolicy,
)
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)
RETENTION = "SELECT add_retention_policy('r', drop_created_before => INTERVAL '9 days')"
COLUMNSTORE = (
    "CALL add_columnstore_policy('r', created_before => INTERVAL '9 days', "
    "schedule_interval => INTERVAL '1 day')"
)
JOBS = (
    "SELECT proc_name, config - 'hypertable_id', schedule_interval FROM "
    "timescaledb_information.jobs WHERE hypertable_name = 'r' ORDER BY 1"
)

# What is declared at first, what is added by hand, and what is declared then.
CASES: dict[str, tuple[list[Any], str, list[Any] | None]] = {
    "retention by the rows": ([], RETENTION, [RetentionPolicy(DAY)]),
    "no retention": ([], RETENTION, [Absent(RetentionPolicy)]),
    "retention by another age": (
        [],
        RETENTION,
        [RetentionPolicy(drop_created_before=DAY)],
    ),
    "columnstore by the rows": (
        [Columnstore()],
        COLUMNSTORE,
        [Columnstore(after=DAY)],
    ),
    "no columnstore policy": (
        [Columnstore()],
        COLUMNSTORE,
        [Columnstore(after=Absent(ColumnstorePolicy))],
    ),
    "no columnstore": ([Columnstore()], COLUMNSTORE, [Absent(Columnstore)]),
    "retention of a table that goes": ([], RETENTION, None),
    "columnstore of a table that goes": ([Columnstore()], COLUMNSTORE, None),
}


def models(*features: Any) -> MetaData:  # noqa: ANN401
    """A hypertable with some features."""
    metadata = MetaData()
    time = Column("ts", DateTime(timezone=True), nullable=False)
    Table("r", metadata, time, Hypertable("ts"), *features)
    return metadata


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_policy_by_creation_is_mended_and_comes_back(
    connection: Connection, history: History, case: str
) -> None:
    """Autogenerate, upgrade and check are clean, and the downgrade brings it back."""
    before, by_hand, after = CASES[case]
    history.reach(models(*before))
    run(connection, by_hand)
    had = rows(connection, JOBS)
    wanted = MetaData() if after is None else models(*after)
    assert history.differences(wanted) != []
    history.reach(wanted)
    assert history.differences(wanted) == []
    history.downgrade(wanted)
    assert rows(connection, JOBS) == had


def test_an_unmanaged_policy_by_creation_is_left_alone(
    connection: Connection, history: History
) -> None:
    """What nobody declared is not compared, whatever it goes by."""
    history.reach(models(Columnstore()))
    run(connection, f"{RETENTION}; {COLUMNSTORE}")
    assert history.differences(models(Columnstore())) == []


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (RetentionPolicy(), "one of drop_after and drop_created_before"),
        (
            RetentionPolicy(DAY, drop_created_before=DAY),
            "one of drop_after and drop_created_before",
        ),
        (
            RetentionPolicy(drop_created_before=-DAY),
            "drop_created_before must be positive",
        ),
    ],
)
def test_a_policy_goes_by_one_age(policy: RetentionPolicy, words: str) -> None:
    """A policy that goes by nothing, by both or by no age is refused."""
    with pytest.raises(DeclarationError, match=words):
        models(policy)
