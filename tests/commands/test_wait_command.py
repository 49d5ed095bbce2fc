"""`dataforeman-schema wait`: until both databases answer, and nothing else."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from dataforeman_schema.commands.wait import create_database
from tests.commands import BIN, assert_refused, run, variables
from tests.commands.places import query, unused_port

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

WAIT = (BIN / "dataforeman-schema", "wait")


def test_both_answer(
    meta_empty_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """It says of each that it answers, and leaves an empty database empty."""
    environ = variables(meta_empty_database) | variables(tsdb_empty_database)
    result = run(*WAIT, **environ)
    assert result.returncode == 0, result
    assert [line.endswith(" answers") for line in result.stdout.splitlines()] == [
        True,
        True,
    ]
    tables = "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    assert query(meta_empty_database, tables) == []


def test_what_does_not_answer() -> None:
    """It ends when the time for all is over, in the line that says what is wrong."""
    environ = {"PGHOST": "127.0.0.1", "PGPORT": unused_port()}
    started = time.monotonic()
    result = run(*WAIT, "--wait", "0.3", **environ)
    assert (result.returncode, result.stdout) == (1, "")
    told, error = result.stderr.splitlines()
    assert told.startswith("waiting up to 0 s: cannot connect to")
    assert "Connection refused" in error
    assert time.monotonic() - started < 30


def test_waiting_cannot_help() -> None:
    """A bad setting is not waited for."""
    assert_refused(run(*WAIT, PGPORT="none"), "PGPORT is no port")


def test_a_database_to_come(absent_meta: ConnectionSettings) -> None:
    """A database that the server is about to get is waited for."""
    with subprocess.Popen(
        [*WAIT, "meta", "--log-format", "json"],
        env=variables(absent_meta),
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stderr
        assert "does not exist" in waiting.stderr.readline()
        create_database(absent_meta)
        assert waiting.wait(30) == 0
