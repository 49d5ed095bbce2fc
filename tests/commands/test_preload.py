"""A server that has TimescaleDB, and did not load it at its start."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.verify.extension_checks import check_preloaded
from dataforeman_schema.databases import TSDB
from dataforeman_schema.embedded import throwaway_folder
from dataforeman_schema.printable import quote_on_line
from dataforeman_schema.settings import read_settings
from tests.commands import BIN, alembic, assert_refused, run, variables
from tests.commands.checking import new_role, run_check
from tests.commands.places import absent_database, execute, query
from tests.trees import head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

COMMAND = BIN / "dataforeman-schema"
SAID = ("not loaded at its start", "add timescaledb to shared_preload_libraries")
CONTROL = "default_version = '2.29.2'\nrelocatable = true\n"
SCRIPT = """
CREATE SCHEMA timescaledb_information;
CREATE FUNCTION timescaledb_information.ask() RETURNS SETOF name LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END';
CREATE VIEW timescaledb_information.hypertables AS
  SELECT ask AS hypertable_name, ask AS hypertable_schema
  FROM timescaledb_information.ask();
"""
"""As the extension's own is without its library: whatever asks it ends the session."""


@pytest.fixture(scope="module")
def offering(
    plain_server: ConnectionSettings,
) -> Iterator[ConnectionSettings]:
    """A server that offers an extension timescaledb to one role, not preloaded."""
    with (
        throwaway_folder() as folder,
        new_role(plain_server, "SUPERUSER LOGIN PASSWORD 'x'") as role,
    ):
        folder.chmod(0o755)  # the server may run as another user
        write_extension(folder / "extension")
        path = f"extension_control_path = '$system:{folder}'"
        execute(plain_server, f"ALTER ROLE {role} SET {path}")
        settings = read_settings(TSDB.variables, {}).replace(**plain_server.keywords)
        yield settings.replace(user=role, password="x")


def write_extension(folder: Path) -> None:
    """Write what PostgreSQL finds an extension by."""
    folder.mkdir()
    (folder / "timescaledb.control").write_text(CONTROL)
    (folder / "timescaledb--2.29.2.sql").write_text(SCRIPT)


@contextmanager
def created(settings: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """Create a database."""
    with absent_database(settings) as database:
        execute(settings, f"CREATE DATABASE {quote_on_line(database.database)}")
        yield database


@pytest.mark.parametrize("command", ["upgrade", "upgrade --plan"])
def test_asked_before_anything_is_made(
    command: str, offering: ConnectionSettings, absent_meta: ConnectionSettings
) -> None:
    """It is said at once, without waiting, and no database is created for it."""
    with absent_database(offering) as absent:
        environ = variables(absent_meta) | variables(absent)
        result = run(COMMAND, *command.split(), "--wait", "60", **environ)
        assert_refused_at_once(result)
        names = [absent.database, absent_meta.database]
        found = f"SELECT FROM pg_database WHERE datname = ANY (ARRAY{names})"
        assert query(offering, found) == []


def assert_refused_at_once(result: object) -> None:
    """Assert that one line says it, and none that something is waited for."""
    stderr = str(getattr(result, "stderr", ""))
    assert getattr(result, "returncode", None) not in {0, None}, result
    assert [word for word in SAID if word not in stderr] == [], stderr
    assert len(stderr.splitlines()) == 1


def test_where_it_is_optional(
    offering: ConnectionSettings, meta_database: ConnectionSettings
) -> None:
    """Plain tables are made where they will do, and nothing tries the extension."""
    with created(offering) as settings:
        environ = variables(meta_database) | variables(settings)
        environ["TSDB_TIMESCALEDB"] = "optional"
        result = run(COMMAND, "upgrade", **environ)
        assert result.returncode == 0, result
        assert f"to {head(TSDB)}; its tables are plain" in result.stdout
        assert run_check(check_preloaded, settings) != []  # where it is required


def test_lost_afterwards(
    offering: ConnectionSettings, meta_database: ConnectionSettings
) -> None:
    """A database that has the extension is not touched; every command says why."""
    with created(offering) as settings:
        execute(
            settings,
            "CREATE EXTENSION timescaledb; CREATE TABLE tag_values ();"
            f"CREATE TABLE alembic_version AS SELECT '{head(TSDB)}' AS version_num",
        )
        environ = variables(meta_database) | variables(settings)
        assert_refused_at_once(run(COMMAND, "upgrade", "--wait", "60", **environ))
        shown = run(COMMAND, "status", "--json", **environ)
        assert SAID[0] in json.loads(shown.stdout)["databases"][1]["error"]
        for arguments in (("upgrade", "head"), ("check",), ("downgrade", "-1")):
            assert_refused(alembic("-n", "tsdb", *arguments, **environ), *SAID)
        [found] = json.loads(run(COMMAND, "verify", "--json", **environ).stdout)[
            "databases"
        ][1]["findings"]
        remedy = "ALTER SYSTEM SET shared_preload_libraries = 'timescaledb';"
        assert found["remedy"] == remedy
