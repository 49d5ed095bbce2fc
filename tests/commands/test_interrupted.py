"""SIGINT and SIGTERM at any moment: one line, its exit code, and nothing half done."""

from __future__ import annotations

import itertools
import json
import random
import time
from contextlib import closing
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.wait import create_database
from dataforeman_schema.connection import connect
from tests.commands import BIN, run, upgrade, variables
from tests.commands.interrupting import (
    ALEMBIC_UPGRADE,
    SLEEP_AT_FIRST_TABLE,
    UPGRADE,
    assert_ended,
    end,
    started,
    wait_until_it_hears,
)
from tests.commands.places import absent_database, execute, query, unused_port
from tests.full import times
from tests.proxy import StallingProxy

if TYPE_CHECKING:
    from signal import Signals

    from dataforeman_schema.settings import ConnectionSettings

SEED = 20_261_128
OURS = str(BIN / "dataforeman-schema")
SIGNALS = (SIGINT, SIGTERM)

AWAKE = "DROP EVENT TRIGGER sleep; DROP FUNCTION sleep()"
SLEEPERS = """
SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'
AND datname = current_database()
"""
WAITING = """
SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
AND datname = current_database()
"""
LOCKS = """
SELECT relation::regclass FROM pg_locks JOIN pg_database ON oid = database
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def environ(
    meta_empty_database: ConnectionSettings, plain_database: ConnectionSettings
) -> dict[str, str]:
    """The variables of two empty databases, neither of which has TimescaleDB."""
    places = variables(meta_empty_database) | variables(plain_database)
    return {**places, "TSDB_TIMESCALEDB": "optional"}


def count(settings: ConnectionSettings, statement: str) -> int:
    """Count the rows of a query."""
    return len(query(settings, statement))


def wait_for(settings: ConnectionSettings, statement: str, rows: int) -> None:
    """Ask again and again, for half a minute, until a query has so many rows."""
    deadline = time.monotonic() + 30
    while (found := count(settings, statement)) != rows:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def assert_upgrades(environ: dict[str, str]) -> None:
    """Assert that one more `upgrade` does what was left, and that all is well."""
    upgraded = upgrade(**environ)
    assert upgraded.returncode == 0, upgraded
    assert upgrade(**environ).stdout.count("nothing to do") == 2


def test_long_statement(
    meta_empty_database: ConnectionSettings, environ: dict[str, str]
) -> None:
    """What the server works on is cancelled there, and its locks are free."""
    execute(meta_empty_database, SLEEP_AT_FIRST_TABLE)
    for command, number in itertools.product((UPGRADE, ALEMBIC_UPGRADE), SIGNALS):
        with started(*command, **environ) as process:
            wait_for(meta_empty_database, SLEEPERS, 1)
            end(process, number)
        wait_for(meta_empty_database, SLEEPERS, 0)
        wait_for(meta_empty_database, LOCKS, 0)
    execute(meta_empty_database, AWAKE)
    assert_upgrades(environ)


@pytest.mark.parametrize("number", SIGNALS)
def test_look_that_waits(
    meta_database: ConnectionSettings, environ: dict[str, str], number: Signals
) -> None:
    """A look that waits for a lock is over on the server when the process is."""
    with closing(connect(meta_database)) as other:
        other.cursor().execute("LOCK TABLE alembic_version")
        with started(*UPGRADE, **(environ | variables(meta_database))) as process:
            wait_for(meta_database, WAITING, 1)
            end(process, number)
            assert count(meta_database, WAITING) == 0


def test_long_statement_of_the_first_process(
    meta_empty_database: ConnectionSettings, environ: dict[str, str]
) -> None:
    """So it is in a container, whose first process the kernel guards from signals."""
    alone = ("unshare", "--pid", "--fork", "--kill-child")
    if run(*alone, "true").returncode:
        pytest.skip("needs the right to make a PID namespace")
    execute(meta_empty_database, SLEEP_AT_FIRST_TABLE)
    for command, number in zip((UPGRADE, ALEMBIC_UPGRADE), SIGNALS, strict=True):
        with started(*alone, *command, **environ) as outside:
            wait_for(meta_empty_database, SLEEPERS, 1)
            children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
            end(outside, number, int(children.read_text()))
        wait_for(meta_empty_database, SLEEPERS, 0)


def test_stalled_server(
    meta_empty_database: ConnectionSettings, environ: dict[str, str]
) -> None:
    """A server that answers no more, no cancel request either, holds nobody up."""
    for command, word in (
        ((OURS, "status"), b"set_config"),
        ((OURS, "verify"), b"set_config"),
        (UPGRADE, b"CREATE TABLE"),
        (ALEMBIC_UPGRADE, b"CREATE TABLE"),
    ):
        with StallingProxy(meta_empty_database, word).running() as proxy:
            led = environ | variables(proxy.settings) | {"PGSSLMODE": "disable"}
            with started(*command, **led) as process:
                assert proxy.has_stalled.wait(30), command
                end(process, SIGTERM)
        wait_for(meta_empty_database, LOCKS, 0)
    assert_upgrades(environ)


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05])
def test_imports(environ: dict[str, str], pause: float) -> None:
    """The imports of a command are no reason for a traceback."""
    for number in SIGNALS:
        with started(OURS, "verify", **environ) as process:
            wait_until_it_hears(process)
            time.sleep(pause)
            end(process, number)


def test_ignored_in_the_background(environ: dict[str, str]) -> None:
    """SIGINT stays ignored where the shell says so; SIGTERM comes through."""
    script = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")
    with started(*script, OURS, "verify", **environ) as process:
        wait_until_it_hears(process)
        process.send_signal(SIGINT)
        time.sleep(0.05)
        assert process.poll() is None
        end(process, SIGTERM)


def test_line_as_json() -> None:
    """With `--log-format json` the line is an object like all others."""
    nowhere = {"PGHOST": "127.0.0.1", "PGPORT": unused_port()}
    with started(*UPGRADE, "--log-format", "json", **nowhere) as process:
        assert process.stderr is not None
        assert "waiting" in process.stderr.readline()
        process.send_signal(SIGTERM)
        _, said = process.communicate(timeout=60)
    last = json.loads(said.splitlines()[-1])
    assert (last["error"], last["exit_code"]) == ("Interrupted", process.returncode)
    assert process.returncode == 143


@pytest.fixture(scope="module")
def length_s(meta_server: ConnectionSettings) -> float:
    """How long it takes from when a command hears signals to its end (s)."""
    with absent_database(meta_server) as meta:
        create_database(meta)
        with started(*ALEMBIC_UPGRADE, **variables(meta)) as process:
            wait_until_it_hears(process)
            begun = time.monotonic()
            process.communicate()
    return time.monotonic() - begun


def interrupt(
    command: tuple[str, ...], environ: dict[str, str], length_s: float, nth: int
) -> None:
    """Interrupt a command at a random moment, and assert that all is well after it."""
    moment = random.Random(SEED + nth).uniform(0, length_s)  # noqa: S311 - no secret
    with started(*command, **environ) as process:
        wait_until_it_hears(process)
        time.sleep(moment)
        process.send_signal(SIGINT)
        _, said = process.communicate(timeout=60)
    if process.returncode:
        assert_ended(process.returncode, said, SIGINT)
    else:  # it was through
        assert "interrupted" not in said
    assert_upgrades(environ)


@pytest.mark.parametrize("nth", range(times(everyday=2, full=100)))
@pytest.mark.parametrize("command", [UPGRADE, ALEMBIC_UPGRADE], ids=["ours", "alembic"])
def test_random_moment(
    environ: dict[str, str], command: tuple[str, ...], length_s: float, nth: int
) -> None:
    """Whenever it comes, no traceback is shown, and one more `upgrade` ends clean."""
    interrupt(command, environ, length_s, nth)


@pytest.mark.parametrize("nth", range(times(everyday=1, full=50)))
def test_random_moment_with_timescaledb(
    new_pair: dict[str, str], length_s: float, nth: int
) -> None:
    """So it is where the embedded TimescaleDB, which cancels nothing, has work."""
    alembic = (*ALEMBIC_UPGRADE[:2], "tsdb", *ALEMBIC_UPGRADE[3:])
    interrupt((alembic, UPGRADE)[nth % 2], new_pair, length_s, nth)
