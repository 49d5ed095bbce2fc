"""How a refresh policy goes through its buckets: declared, changed, left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations.ops import UpgradeOps
from alembic.util import CommandError

from dataforeman_schema.timescale import (
    SERVER_DEFAULT,
    DeclarationError,
    RefreshPolicy,
    refresh_policy,
)
from dataforeman_schema.timescale.refresh_policy_op import AlterRefreshPolicyOp
from dataforeman_schema.timescale.scaffold import scaffold
from tests.timescale.aggregated import DAY, HOUR, models
from tests.timescale.sql import rows, run
from tests.timescale.test_sql import written

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy import Connection, MetaData

    from tests.timescale.history import History

ALL: dict[str, Any] = {
    "buckets_per_batch": 24,
    "max_batches_per_execution": 0,
    "refresh_newest_first": False,
    "include_tiered_data": True,
}


def refreshed(schedule: timedelta = HOUR, **options: Any) -> MetaData:  # noqa: ANN401
    """Models whose aggregate has a policy with some options."""
    return models(refresh=RefreshPolicy(3 * DAY, HOUR, schedule, **options))


def options(connection: Connection) -> dict[str, Any]:
    """The options that the job of the policy is configured with."""
    (config,) = rows(
        connection,
        "SELECT config - 'start_offset' - 'end_offset' - 'mat_hypertable_id' FROM "
        "timescaledb_information.jobs WHERE proc_name LIKE 'policy_refresh%'",
    )[0]
    found = json.loads(config) if isinstance(config, str) else config
    return dict(found)


def configure(connection: Connection, changed: str) -> None:
    """Set options of the job by hand."""
    run(
        connection,
        f"SELECT alter_job(job_id, config => config || '{changed}') FROM "  # noqa: S608
        "timescaledb_information.jobs WHERE proc_name LIKE 'policy_refresh%'",
    )


def test_options_come_and_go_with_the_policy(
    connection: Connection, history: History
) -> None:
    """All of them are added, found equal, taken back, and written by a revision."""
    metadata = refreshed(**ALL)
    text = history.reach(metadata)
    for name, value in ALL.items():
        assert f"{name}={value}" in text
    assert options(connection) == ALL
    assert history.differences(metadata) == []
    history.downgrade(metadata)


def test_create_all_makes_them(connection: Connection, history: History) -> None:
    """The policy of a new database has them."""
    metadata = refreshed(**ALL)
    metadata.create_all(connection)
    connection.commit()
    assert options(connection) == ALL
    assert history.differences(metadata) == []


def test_one_is_changed_in_place(connection: Connection, history: History) -> None:
    """A changed option is set, and the downgrade sets what it was."""
    history.reach(refreshed(**ALL))
    changed = refreshed(**ALL | {"buckets_per_batch": 5, "refresh_newest_first": True})
    text = history.reach(changed)
    assert "existing_buckets_per_batch=24" in text
    assert options(connection)["buckets_per_batch"] == 5
    assert options(connection)["refresh_newest_first"] is True
    assert history.differences(changed) == []
    history.downgrade(changed)
    assert options(connection) == ALL


def test_one_that_was_not_set_goes_again(
    connection: Connection, history: History
) -> None:
    """The downgrade of an option that the upgrade set leaves it to the server."""
    history.reach(refreshed())
    history.reach(refreshed(buckets_per_batch=5))
    assert options(connection) == {"buckets_per_batch": 5}
    history.downgrade(refreshed())
    assert options(connection) == {}


def test_what_is_left_out_is_left_alone(
    connection: Connection, history: History
) -> None:
    """Set by hand, it is no difference, and stays when the policy is altered."""
    history.reach(refreshed())
    configure(connection, '{"buckets_per_batch": 7, "refresh_newest_first": false}')
    mine = options(connection)
    assert history.differences(refreshed()) == []
    history.reach(refreshed(2 * HOUR, max_batches_per_execution=3))
    assert options(connection) == mine | {"max_batches_per_execution": 3}
    history.downgrade(refreshed())
    assert options(connection) == mine


def test_what_is_left_out_goes_along_with_a_new_aggregate(
    connection: Connection, history: History
) -> None:
    """An aggregate that is made anew has what was set by hand, in both directions."""
    history.reach(refreshed())
    configure(connection, '{"buckets_per_batch": 7}')
    policy = RefreshPolicy(3 * DAY, HOUR, HOUR)
    history.reach(models(refresh=policy, width=2 * HOUR))
    assert options(connection) == {"buckets_per_batch": 7}
    history.downgrade(refreshed())
    assert options(connection) == {"buckets_per_batch": 7}


def test_a_released_revision_loses_none(
    connection: Connection, history: History
) -> None:
    """An alteration that names no option leaves those of the job."""
    history.reach(refreshed(buckets_per_batch=5))
    old = RefreshPolicy(3 * DAY, HOUR, HOUR)
    released = AlterRefreshPolicyOp(
        "hourly", replace(old, schedule_interval=2 * HOUR), old
    )
    history.invoke(UpgradeOps([released]))
    assert options(connection) == {"buckets_per_batch": 5}


def test_the_servers_choice_can_be_declared(
    connection: Connection, history: History
) -> None:
    """One that must not be set is a difference where somebody set it, and goes."""
    default = refreshed(buckets_per_batch=SERVER_DEFAULT)
    default.create_all(connection)
    connection.commit()
    assert options(connection) == {}
    configure(connection, '{"buckets_per_batch": 7}')
    assert "buckets_per_batch=7" in str(history.differences(default))
    text = history.reach(default)
    assert "existing_buckets_per_batch=7" in text
    upgrade, downgrade = text.split("def downgrade")
    assert ", buckets_per_batch" not in upgrade.replace("\n       ", "")
    assert "    buckets_per_batch=7" in downgrade
    assert options(connection) == {}
    history.downgrade(default)
    assert options(connection) == {"buckets_per_batch": 7}


def test_a_change_by_hand_is_named(connection: Connection, history: History) -> None:
    """What is declared and was set otherwise is a difference."""
    metadata = refreshed(**ALL)
    history.reach(metadata)
    configure(connection, '{"include_tiered_data": false}')
    ((kind, name, _schema, old, new),) = history.differences(metadata)
    assert (kind, name) == ("modify_refresh_policy", "hourly")
    assert (old.include_tiered_data, new.include_tiered_data) == (False, True)


def test_they_are_scaffolded(connection: Connection) -> None:
    """What a database has of them is written as models declare it."""
    refreshed(**ALL).create_all(connection)
    connection.commit()
    printed = scaffold(connection)
    for name, value in ALL.items():
        assert f"{name}={value}" in printed


def test_the_sql_has_them() -> None:
    """They are arguments of the function that adds, and keys of the job."""
    keywords = {"schedule_interval": DAY, **ALL}
    assert (
        "buckets_per_batch => 24, max_batches_per_execution => 0, "
        "refresh_newest_first => false, include_tiered_data => true)"
    ) in written("add_refresh_policy", "h", **keywords)
    sql = written(
        "alter_refresh_policy",
        "h",
        existing_schedule_interval=DAY,
        existing_buckets_per_batch=3,
        **{name: value for name, value in keywords.items() if "buckets" not in name},
    )
    assert (
        "- ARRAY['start_offset', 'end_offset', 'buckets_per_batch', "
        "'max_batches_per_execution', 'refresh_newest_first', "
        "'include_tiered_data'] || "
    ) in sql
    assert "'refresh_newest_first', false" in sql.lower()
    assert "'buckets_per_batch', " not in sql.partition("jsonb_build_object")[2]


@pytest.mark.parametrize(
    "case",
    [
        ("BATCHED_REFRESH", {"buckets_per_batch": 5}, "came with TimescaleDB 2.19"),
        ("BATCHED_REFRESH", {"max_batches_per_execution": 5}, "buckets_per_batch and"),
        ("REFRESH_ORDER", {"refresh_newest_first": True}, "came with TimescaleDB 2.20"),
    ],
    ids=str,
)
def test_an_older_release_refuses_them_in_words(
    connection: Connection,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[str, dict[str, Any], str],
) -> None:
    """Altering and create_all() fail before anything is tried."""
    lacking, given, words = case
    feature = getattr(refresh_policy, lacking)
    monkeypatch.setattr(refresh_policy, lacking, replace(feature, probe="false"))
    with pytest.raises(DeclarationError, match=words):
        refreshed(**given).create_all(connection)
    connection.rollback()
    history.reach(refreshed())
    with pytest.raises(CommandError, match=words):
        history.reach(refreshed(**given))
    connection.rollback()
    assert options(connection) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"buckets_per_batch": -1},
        {"buckets_per_batch": True},
        {"max_batches_per_execution": 2**31},
        {"max_batches_per_execution": "5"},
        {"refresh_newest_first": 1},
        {"include_tiered_data": "yes"},
    ],
    ids=str,
)
def test_what_is_no_option_is_refused(given: dict[str, Any]) -> None:
    """Numbers start at nought, which the server says only when the job runs."""
    with pytest.raises(DeclarationError, match=f"hourly: {next(iter(given))} must be"):
        refreshed(**given)
