"""Jobs that fail, do not run or leave aggregates behind are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from dataforeman_schema.commands.findings import Note
from dataforeman_schema.commands.health import jobs
from dataforeman_schema.commands.health.jobs import check_aggregates, check_jobs
from tests.commands.checking import assert_mended, run_check
from tests.commands.places import execute

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings
    from tests.commands.checking import RunCheck

# Nobody runs jobs meanwhile; what a scheduler wrote of them is written by hand.
STOP: Final = "SELECT _timescaledb_functions.stop_background_workers();"
RAN: Final = """
DELETE FROM _timescaledb_internal.bgw_job_stat;
INSERT INTO _timescaledb_internal.bgw_job_stat (job_id, last_start, last_finish,
  next_start, last_successful_finish, last_run_success, total_runs, total_duration,
  total_duration_failures, total_successes, total_failures, total_crashes,
  consecutive_failures, consecutive_crashes)
SELECT job_id, now() - interval '{started}', now() - interval '{started}',
  now() + interval '{next}', now() - interval '{started}', {failures} = 0,
  2, '0', '0', 0, 2, 0, {failures}, 0
FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY job_id DESC LIMIT 1;
"""
ERROR: Final = """
INSERT INTO _timescaledb_internal.bgw_job_stat_history
  (job_id, pid, execution_start, execution_finish, succeeded, data)
SELECT job_id, 1, now(), now(), false, '{"error_data": {"message": "disk full"}}'
FROM _timescaledb_internal.bgw_job_stat
"""
FOREIGN: Final = (
    "CREATE PROCEDURE mine(job_id int, config jsonb) LANGUAGE sql AS 'SELECT';"
    "SELECT add_job('mine', '1 hour');"
)
READINGS: Final = (
    "INSERT INTO tag_values (connection_id, tag_id, ts, quality, v_num)"
    " SELECT gen_random_uuid(), n, now() - n * interval '1 day', 1, n"
    " FROM generate_series(0, 9) n;"
)
AGGREGATE: Final = """
CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS
SELECT time_bucket('1 hour', ts) AS hour, tag_id, max(v_num) FROM {table}
GROUP BY 1, 2 WITH NO DATA;
SELECT add_continuous_aggregate_policy('hourly', '{start}', '1 hour', '1 hour');
"""


@pytest.fixture(autouse=True)
def _long_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server have started long ago."""
    monkeypatch.setattr(jobs, "STARTING_S", 0)


@pytest.mark.parametrize("database", ["meta_database", "tsdb_database"])
@pytest.mark.parametrize("check", [check_jobs, check_aggregates])
def test_as_made(
    check: RunCheck, database: str, request: pytest.FixtureRequest
) -> None:
    """Jobs that were just made, or that nobody runs, are nobody's finding."""
    assert run_check(check, request.getfixturevalue(database)) == []


def test_failed(tsdb_database: ConnectionSettings) -> None:
    """A job that failed is found, and runs again at once."""
    ran = RAN.format(started="1 hour", next="1 hour", failures=2)
    execute(tsdb_database, STOP + ran)
    words = ("job | job 1", "(policy_compression) of tag_values: it fails", "at once")
    assert_mended(check_jobs, tsdb_database, *words)


def test_failed_once(tsdb_database: ConnectionSettings) -> None:
    """A job that was cut off once, and will be run again, is nobody's finding."""
    ran = RAN.format(started="1 hour", next="1 hour", failures=1)
    execute(tsdb_database, STOP + ran)
    assert run_check(check_jobs, tsdb_database) == []


def test_last_error(tsdb_database: ConnectionSettings) -> None:
    """What the server says of a failure is told."""
    ran = RAN.format(started="1 hour", next="1 hour", failures=2)
    execute(tsdb_database, STOP + ran + ERROR)
    assert_mended(check_jobs, tsdb_database, "it fails: disk full")


def test_overdue(tsdb_database: ConnectionSettings) -> None:
    """A job that is due for three of its schedules is found, and runs at once."""
    ran = RAN.format(started="9 days", next="-8 days", failures=0)
    execute(tsdb_database, STOP + ran)
    assert_mended(check_jobs, tsdb_database, "it is due and did not run since 20")


@pytest.mark.parametrize(
    ("started", "following"),
    [("9 days", "1 minute"), ("30 hours", "-30 hours"), ("1 minute", "-9 days")],
)
def test_on_time(
    tsdb_database: ConnectionSettings, started: str, following: str
) -> None:
    """A job that was put off, is a little late or runs again is nobody's finding."""
    ran = RAN.format(started=started, next=following, failures=0)
    execute(tsdb_database, STOP + ran)
    assert run_check(check_jobs, tsdb_database) == []


def test_server_that_was_off(
    tsdb_database: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that just started may catch up with its jobs first."""
    monkeypatch.setattr(jobs, "STARTING_S", 10**9)
    ran = RAN.format(started="9 days", next="-8 days", failures=0)
    execute(tsdb_database, STOP + ran)
    assert run_check(check_jobs, tsdb_database) == []


def test_paused(tsdb_database: ConnectionSettings) -> None:
    """A job that is paused does not fail."""
    ran = RAN.format(started="1 hour", next="1 hour", failures=2)
    pause = (
        "SELECT alter_job(job_id, scheduled => false)"
        " FROM _timescaledb_internal.bgw_job_stat"
    )
    execute(tsdb_database, STOP + ran + pause)
    assert run_check(check_jobs, tsdb_database) == []


def test_job_of_others(tsdb_database: ConnectionSettings) -> None:
    """A job that an operator added and that fails is noted."""
    ran = RAN.format(started="1 hour", next="1 hour", failures=2)
    execute(tsdb_database, STOP + FOREIGN + ran)
    [note] = run_check(check_jobs, tsdb_database)
    assert isinstance(note, Note)
    assert "(mine) of no table" in note.where


def test_aggregate_behind(tsdb_database: ConnectionSettings) -> None:
    """An aggregate without what its policy should have refreshed is found."""
    execute(tsdb_database, STOP + READINGS)
    for statement in AGGREGATE.format(table="tag_values", start="9 days").split(";"):
        if statement.strip():
            execute(tsdb_database, statement)
    words = ("job | continuous aggregate hourly", "it lacks what tag_values has since")
    assert_mended(check_aggregates, tsdb_database, *words)
