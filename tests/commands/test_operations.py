"""docs/operations.md does what it says: its commands, its roles, its files."""

from __future__ import annotations

import os
import re
import subprocess
from configparser import RawConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import yaml
from click import Command
from psycopg2.errors import InsufficientPrivilege

from dataforeman_schema.cli import main
from dataforeman_schema.databases import META
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.embedded.postgres import program
from dataforeman_schema.settings import read_settings
from tests.commands import BIN, upgrade, variables
from tests.commands.places import absent_database, execute, unused_port
from tests.documents import CHECKOUT, blocks, infos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings

OPERATIONS = CHECKOUT / "docs" / "operations.md"
PATH = os.pathsep.join(
    [str(BIN), str(Path(program("psql")).parent), os.environ["PATH"]]
)
TESTED = {
    *("sh run", "sh multi-host", "sh sites", "sh timescale", "sql hash"),
    *("sql meta server", "sql tsdb server", "sql tsdb superuser"),
    *("sql owner before", "sql owner after"),
    *("yaml compose", "ini systemd", "yaml kubernetes"),
    *("sh docker", "sh systemd", "sh kubectl"),
}
DML = ("DELETE FROM {table}", "TABLE {table}", "TABLE alembic_version")
DDL = (
    "CREATE TABLE mine ()",
    "DROP TABLE {table}",
    "ALTER TABLE {table} ADD COLUMN mine integer",
    "TRUNCATE {table}",
    "CREATE SCHEMA mine",
    "CREATE TEMPORARY TABLE mine ()",
    "UPDATE alembic_version SET version_num = 'x'",
    "DELETE FROM schema_history",
)


def test_no_block_is_left_out() -> None:
    """Every block of the document is of a kind that is tested here."""
    assert infos(OPERATIONS) == TESTED


def shell(*scripts: str, **environ: str) -> None:
    """Run scripts, one after the other, in one shell; every command must succeed."""
    result = subprocess.run(
        ["/bin/sh", "-eu", "-c", "\n".join(scripts)],
        env={**os.environ, "PATH": PATH, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result


@pytest.fixture
def alembic_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let plain alembic find its configuration from any folder."""
    monkeypatch.setenv("ALEMBIC_CONFIG", str(CHECKOUT / "alembic.ini"))


@pytest.mark.usefixtures("alembic_config")
def test_commands(
    absent_databases: tuple[ConnectionSettings, ConnectionSettings],
) -> None:
    """The commands run in the order of the document, from empty servers on."""
    meta, tsdb = absent_databases
    with absent_database(meta) as restored:
        commands = [
            text.replace("dataforeman_restored", restored.database)
            for text in blocks(OPERATIONS, "sh run")
        ]
        shell(*commands, **variables(meta), **variables(tsdb))


@pytest.fixture
def absent_databases(
    tsdb_server: ConnectionSettings,
) -> Iterator[tuple[ConnectionSettings, ConnectionSettings]]:
    """Two databases that are not there yet.

    The metadata server is as new as the programs that dump and restore it must be.
    """
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False) as server,
    ):
        meta_server = read_settings(META.variables, {}).replace(**server.params)
        with absent_database(meta_server) as meta, absent_database(tsdb_server) as tsdb:
            yield meta, tsdb


def test_multi_host(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """The URL of two servers leads to the one that there is."""
    [command] = blocks(OPERATIONS, "sh multi-host")
    keywords = meta_database.keywords
    hosts = f"host=127.0.0.1,{keywords['host']}&port={unused_port()},{keywords['port']}"
    command = command.replace(
        "dataforeman_owner@db1:5432,db2:5432/dataforeman?",
        f"{keywords['user']}:{keywords['password']}@/{meta_database.database}?{hosts}&",
    )
    shell(
        command.replace("DATABASE_URL", "export DATABASE_URL", 1),
        **variables(tsdb_database),
    )


def test_sites(
    current_pair: dict[str, str], tsdb_database: ConnectionSettings, tmp_path: Path
) -> None:
    """The loop migrates the telemetry database of every site."""
    [loop] = blocks(OPERATIONS, "sh sites")
    keywords = tsdb_database.keywords
    url = "postgresql://{user}:{password}@/{dbname}?host={host}&port={port}"
    (tmp_path / "sites").mkdir()
    for site in ("north", "south"):
        (tmp_path / "sites" / f"{site}.url").write_text(url.format_map(keywords))
    shell(loop, **current_pair)


def test_hash_dimension(tsdb_database: ConnectionSettings) -> None:
    """The statement adds a dimension to the hypertable that migrations made."""
    [statement] = blocks(OPERATIONS, "sql hash")
    execute(tsdb_database, statement)


@dataclass(frozen=True)
class Prepared:
    """A server with the roles and the database of the document."""

    superuser: ConnectionSettings
    mark: str

    @property
    def own(self) -> ConnectionSettings:
        """The database, as the superuser sees it."""
        return self.superuser.replace(
            dbname=self.named(self.superuser.variables.database)
        )

    @property
    def owner(self) -> ConnectionSettings:
        """The database, as the role that migrates sees it."""
        return self.own.replace(
            user=self.named("dataforeman_owner"), password="change-me"
        )

    @property
    def application(self) -> ConnectionSettings:
        """The database, as the services see it."""
        return self.own.replace(
            user=self.named("dataforeman_app"), password="change-me-too"
        )

    def named(self, name: str) -> str:
        """Give a role or a database of the document a name that nobody else has."""
        return f"dataforeman_test_{name}_{self.mark}"

    def run(self, info: str, settings: ConnectionSettings) -> None:
        """Run a block of the document, statement by statement."""
        [text] = blocks(OPERATIONS, info)
        for name in ("dataforeman_owner", "dataforeman_app"):
            text = text.replace(name, self.named(name))
        database = settings.variables.database
        text = re.sub(rf"(?<=DATABASE ){database}\b", self.named(database), text)
        for statement in text.split(";\n"):
            if statement.strip():
                execute(settings, statement)


@contextmanager
def prepared(tree: str, server: ConnectionSettings) -> Iterator[Prepared]:
    """Prepare a server as the document says; take all of it away afterwards."""
    superuser = server.replace(dbname="template1")
    place = Prepared(superuser, uuid4().hex[:8])
    try:
        place.run(f"sql {tree} server", superuser)
        if tree == "tsdb":
            place.run("sql tsdb superuser", place.own)
        place.run("sql owner before", place.owner)
        yield place
    finally:
        execute(superuser, f"DROP DATABASE IF EXISTS {place.own.database}")
        for role in (place.owner, place.application):
            execute(superuser, f"DROP ROLE IF EXISTS {role.keywords['user']}")


@pytest.fixture
def least(
    meta_server: ConnectionSettings, tsdb_server: ConnectionSettings
) -> Iterator[tuple[Prepared, Prepared]]:
    """Both servers with the least rights of the document, migrated by the owner."""
    with prepared("meta", meta_server) as meta, prepared("tsdb", tsdb_server) as tsdb:
        result = upgrade(**variables(meta.owner), **variables(tsdb.owner))
        assert result.returncode == 0, result
        for place in (meta, tsdb):
            place.run("sql owner after", place.owner)
        yield meta, tsdb


def test_least_rights(least: tuple[Prepared, Prepared]) -> None:
    """The owner migrates; the application changes rows, and nothing else."""
    tables = ("units_of_measure", "system_metrics")
    inserts = (
        "INSERT INTO units_of_measure (name, symbol, category) VALUES ('a', 'b', 'c')",
        "INSERT INTO system_metrics (ts, metric_name, value) VALUES (now(), 'a', 1)",
    )
    for place, table, insert in zip(least, tables, inserts, strict=True):
        execute(place.application, insert)
        for statement in DML:
            execute(place.application, statement.format(table=table))
        for statement in DDL:
            with pytest.raises(InsufficientPrivilege):
                execute(place.application, statement.format(table=table))


def test_compose() -> None:
    """The file of Compose migrates after both servers and before the services."""
    [text] = blocks(OPERATIONS, "yaml compose")
    services = yaml.safe_load(text)["services"]
    servers = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]
    assert set(services["migrate"]["depends_on"]) == set(servers)
    assert "migrate" in services["core"]["depends_on"]
    assert_ours(services["migrate"]["command"])


def test_systemd() -> None:
    """The unit migrates before it starts the service, and has the time to."""
    [text] = blocks(OPERATIONS, "ini systemd")
    unit = RawConfigParser()
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(text)
    program, *command = unit["Service"]["ExecStartPre"].split()
    assert_ours([Path(program).name, *command])
    databases, times = 2, 2
    waits = databases * times * (120 + 60)
    assert int(unit["Service"]["TimeoutStartSec"]) > waits


def test_kubernetes() -> None:
    """The init container migrates."""
    [text] = blocks(OPERATIONS, "yaml kubernetes")
    [container] = yaml.safe_load(text)["spec"]["template"]["spec"]["initContainers"]
    assert_ours(container["command"])


def assert_ours(command: list[str]) -> None:
    """Assert that a command line is one that our command takes."""
    name, verb, *arguments = command
    assert name == "dataforeman-schema"
    found = main.commands[verb]
    assert isinstance(found, Command)
    found.make_context(verb, arguments).close()


@pytest.mark.parametrize(
    "info", ["sh docker", "sh systemd", "sh kubectl", "sh timescale"]
)
def test_commands_that_need_more(info: str) -> None:
    """What needs Docker, systemd, Kubernetes or a native TimescaleDB is valid shell."""
    for text in blocks(OPERATIONS, info):
        subprocess.run(["/bin/sh", "-n", "-c", text], check=True)
