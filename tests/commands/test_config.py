"""`dataforeman-schema config --show` says where each setting came from."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import BIN, assert_refused, run
from tests.commands.json_schemas import assert_fits

COMMAND = BIN / "dataforeman-schema"
SECRET = "s3cret"
KEYS = ("value", "source", "variable", "file")


def show(**environ: str) -> dict[str, dict[str, tuple[object, ...]]]:
    """Read what the command says for programs: value, source, variable and file."""
    result = run(COMMAND, "config", "--show", "--json", HOME=str(Path.cwd()), **environ)
    assert result.returncode == 0, result
    assert SECRET not in result.stdout + result.stderr
    return {
        each["database"]: {
            of["name"]: tuple(
                of[key] for key in ("value", "source", "variable", "file")
            )
            for of in each["settings"]
        }
        for each in json.loads(result.stdout)["databases"]
    }


def test_defaults() -> None:
    """Where nothing is set, all is a default, and there is no password."""
    found = show()
    assert found["meta"]["port"] == ("5432", "default", None, None)
    assert found["tsdb"]["dbname"] == ("telemetry", "default", None, None)
    assert found["tsdb"]["password"] == (None, "default", None, None)
    assert found["tsdb"]["TSDB_TIMESCALEDB"] == ("required", "default", None, None)


def test_schema() -> None:
    """What is printed fits its schema."""
    printed = json.loads(run(COMMAND, "config", "--show", "--json").stdout)
    assert_fits("config-show", printed)


def test_environment_and_file() -> None:
    """Single variables are named, with the file that they are from."""
    Path(".env").write_text(f"TSDB_HOST=plant\nTSDB_PORT=7\nTSDB_PASSWORD={SECRET}\n")
    found = show(TSDB_PORT="8")["tsdb"]
    file = str(Path(".env").absolute())
    assert found["host"] == ("plant", "env_file", "TSDB_HOST", file)
    assert found["port"] == ("8", "environment", "TSDB_PORT", None)
    assert found["password"] == (None, "env_file", "TSDB_PASSWORD", file)


def test_url() -> None:
    """What a URL names is from it, and the rest a default, never a single variable."""
    url = f"postgresql+psycopg2://ada:{SECRET}@db/plant?sslmode=require"
    found = show(DATABASE_URL=url, PGPORT="7", PGSSLMODE="disable")
    assert found["meta"] == {
        "host": ("db", "environment", "DATABASE_URL", None),
        "port": ("5432", "default", None, None),
        "user": ("ada", "environment", "DATABASE_URL", None),
        "password": (None, "environment", "DATABASE_URL", None),
        "dbname": ("plant", "environment", "DATABASE_URL", None),
        "sslmode": ("require", "environment", "DATABASE_URL", None),
    }
    assert found["tsdb"]["PGSSLMODE"] == ("disable", "environment", "PGSSLMODE", None)


def test_password_of_libpq() -> None:
    """A password that libpq finds by itself is told from none, and not read."""
    Path(".pgpass").write_text(f"*:*:*:*:{SECRET}\n")
    file = str(Path(".pgpass").absolute())
    assert show()["tsdb"]["password"] == (None, "password_file", None, file)
    given = show(PGPASSWORD=SECRET)["tsdb"]["password"]
    assert given == (None, "environment", "PGPASSWORD", None)


def test_for_people() -> None:
    """People read a line a setting, without passwords and control characters."""
    Path(".env").write_text(f"PGPASSWORD={SECRET}\nPGOPTIONS=-cx\x1b[2J\n")
    result = run(COMMAND, "config", "--show", HOME=str(Path.cwd()), TSDB_USER="ada")
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["user", "ada", "(TSDB_USER", "in", "the", "environment)"] in lines
    assert [
        "password",
        "set",
        "(PGPASSWORD",
        "in",
        f"{Path('.env').absolute()})",
    ] in lines
    assert r"-cx\x1b[2J" in result.stdout
    assert SECRET not in result.stdout


def test_refused() -> None:
    """What cannot be shown is refused in one line."""
    assert_refused(run(COMMAND, "config", "--show", PGPORT="x"), "PGPORT is no port")
    alone = run(COMMAND, "config", "--json")
    assert (alone.returncode, alone.stderr.count("\n")) == (2, 1)
    assert "--show" in alone.stderr
