"""`dataforeman-schema health`: a line a database and an exit code, for probes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, run, variables
from tests.commands.places import execute, unused_port
from tests.trees import head

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

HEALTH = (BIN / "dataforeman-schema", "health")
HEALTHY = f"metadata database: healthy, at {head(META)}\n"
_MODULES = """
import sys
from dataforeman_schema.cli import main
try:
    main(["health"])
finally:
    print(*sys.modules)
"""


def test_healthy(current_pair: dict[str, str]) -> None:
    """Databases at head are healthy, and to say so takes no SQLAlchemy."""
    result = run(sys.executable, "-c", _MODULES, **current_pair)
    assert result.returncode == 0, result
    *lines, modules = result.stdout.splitlines()
    assert lines == [
        f"metadata database: healthy, at {head(META)}",
        f"telemetry database: healthy, at {head(TSDB)}",
    ]
    assert {"alembic", "sqlalchemy", "logging"}.isdisjoint(modules.split())


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE alembic_version SET version_num = 'meta_001'",
         f"is at meta_001, and head is {head(META)}; run dataforeman-schema upgrade"),
        ("UPDATE alembic_version SET version_num = 'meta_999'",
         "is at meta_999, which dataforeman-schema"),
        ("DELETE FROM alembic_version", "no record of a revision"),
        ("DROP TABLE poll_groups CASCADE", "lacks poll_groups"),
    ],
)  # fmt: skip
def test_not_healthy(
    statement: str, words: str, meta_database: ConnectionSettings
) -> None:
    """A database that services cannot work with is named with what to do."""
    execute(meta_database, statement)
    result = run(*HEALTH, "meta", **variables(meta_database))
    assert result.returncode == 1, result
    assert result.stdout.startswith("metadata database: not healthy: ")
    assert words in result.stdout
    assert (result.stdout.count("\n"), result.stderr) == (1, "")


def test_empty(meta_empty_database: ConnectionSettings) -> None:
    """A new database is not healthy before the first upgrade."""
    result = run(*HEALTH, "meta", **variables(meta_empty_database))
    assert result.returncode == 1
    assert "at nothing, and head is" in result.stdout


def test_one_of_them(meta_database: ConnectionSettings) -> None:
    """Of a server that is away and a bad setting the line tells; the other is shown."""
    environ = variables(meta_database) | {
        "TSDB_HOST": "127.0.0.1",
        "TSDB_PORT": unused_port(),
    }
    result = run(*HEALTH, **environ)
    assert result.returncode == 1
    assert result.stdout.startswith(HEALTHY)
    assert "Connection refused" in result.stdout
    assert "set TSDB_HOST and TSDB_PORT" in result.stdout
    result = run(*HEALTH, "--json", **environ | {"TSDB_PORT": "none"})
    meta, tsdb = json.loads(result.stdout)["databases"]
    assert (result.returncode, meta["healthy"], tsdb["healthy"]) == (1, True, False)
    assert "TSDB_PORT is no port" in tsdb["problem"]
    assert run(*HEALTH, "meta", **environ).returncode == 0
