"""`--log-format json`: what goes to standard error is one JSON object a line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click import Context

from dataforeman_schema.cli import VERBS, main
from dataforeman_schema.databases import META
from tests.commands import BIN, run, variables
from tests.commands.json_schemas import assert_fits
from tests.commands.places import VERSION_TABLE, execute
from tests.trees import head

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from dataforeman_schema.settings import ConnectionSettings

COMMAND = BIN / "dataforeman-schema"
JSON = ("--log-format", "json")
MISSING = {"DATABASE_URL": "nonsense", "TSDB_URL": "nonsense"}
NEEDS = {
    "downgrade": ("meta",),
    "lint": ("--against", "nonsense"),
    "release": ("nonsense",),
    "restore-check": ("nonsense",),
    "revision": ("meta", "-m", "x"),
}
"""Arguments without which a verb does not get to its work."""


def arguments_of(verb: str) -> set[str | None]:
    """Name what a verb takes."""
    command = main.get_command(Context(main), verb)
    assert command
    return {parameter.name for parameter in command.params}


def log(result: CompletedProcess[str]) -> list[dict[str, Any]]:
    """Read every line of standard error, and check what all of them have."""
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    for line in lines:
        assert line["level"] in {"INFO", "WARNING", "ERROR"}
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)
        assert line["logger"]
        assert line["message"]
    return lines


def test_upgrade(
    meta_empty_database: ConnectionSettings, absent_meta: ConnectionSettings
) -> None:
    """Alembic's lines and ours are objects, and so is the error at the end."""
    execute(meta_empty_database, VERSION_TABLE)  # else none of Alembic is needed
    environ = variables(meta_empty_database) | {"TSDB_TIMESCALEDB": "optional"}
    lines = log(run(COMMAND, "upgrade", *JSON, "--wait", "0", **environ,
                    TSDB_HOST="127.0.0.1", TSDB_PORT="1"))  # fmt: skip
    assert lines[-1]["error"] == "ConnectionFailed"
    lines = log(run(COMMAND, "upgrade", *JSON, **environ, **_as_tsdb(absent_meta)))
    assert {line["logger"] for line in lines} >= {
        "alembic.runtime.migration",
        "dataforeman_schema",
    }
    assert f"metadata database: upgraded from nothing to {head(META)}" in {
        line["message"] for line in lines
    }


def _as_tsdb(settings: ConnectionSettings) -> dict[str, str]:
    """Lead to a database by the variables of the telemetry database."""
    found = variables(settings).items()
    return {f"TSDB_{name.removeprefix('PG')}": value for name, value in found}


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "config"])
def test_errors(verb: str) -> None:
    """Every verb takes it, and an error has its code and no traceback."""
    arguments = NEEDS.get(verb, ())
    result = run(COMMAND, verb, *arguments, *JSON, **MISSING)
    if verb == "health":
        assert (log(result), result.returncode) == ([], 1)
        return
    *_, line = log(result)
    assert line["level"] == "ERROR"
    assert line["exit_code"] == result.returncode != 0
    assert "traceback" not in line
    assert result.stdout == ""


def test_before_the_verb_and_debug() -> None:
    """It may stand before the verb; a traceback is a part of the error."""
    result = run(COMMAND, "--debug", *JSON, "status", **MISSING)
    [line] = log(result)
    assert line["traceback"].startswith("Traceback")
    assert "DATABASE_URL is not a PostgreSQL URL" in line["message"]


@pytest.mark.parametrize(
    "verb",
    [verb for verb in VERBS if "as_json" in arguments_of(verb)],
)
def test_error_on_standard_output(verb: str) -> None:
    """With --json, a failure is an object on standard output, too."""
    option = ["--plan"] if verb in {"upgrade", "adopt"} else NEEDS.get(verb, ())
    result = run(COMMAND, verb, "--json", *option, **MISSING)
    document = json.loads(result.stdout)
    if verb == "health":
        assert not any(each["healthy"] for each in document["databases"])
        return
    assert_fits("error", document)
    assert document["exit_code"] == result.returncode != 0
    assert document["error"] == result.stderr.strip().removeprefix(
        "dataforeman-schema: "
    )
