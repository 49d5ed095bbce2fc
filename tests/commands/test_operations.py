"""docs/operations.md does what it says: its commands and its roles."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from psycopg2.errors import InsufficientPrivilege, UndefinedObject

from dataforeman_schema.commands.verify import verify_database
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, RESTORING_QUERY, TSDB
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.embedded.postgres import program
from dataforeman_schema.embedded.settings_file import write_block
from dataforeman_schema.settings import read_settings
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, upgrade, url, variables
from tests.commands.breakage import find
from tests.commands.places import absent_database, execute, query, unused_port
from tests.documents import OPERATIONS, blocks, infos
from tests.trees import head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings

PATH = os.pathsep.join(
    [str(BIN), str(Path(program("psql")).parent), os.environ["PATH"]]
)
TESTED = {
    *(
        "sh run",
        "sh env",
        "sh url",
        "sh owner",
    ),
    *("sql meta server", "sql tsdb server", "sql tsdb superuser"),
    *("sql owner before", "sql owner after"),
    *("sql owner policies", "sql tsdb policies superuser"),
    *("yaml compose", "ini systemd", "yaml kubernetes"),
    *("sh docker", "sh systemd", "sh kubectl"),
}
ON_TSDB = (
    "PGHOST=$TSDB_HOST PGPORT=$TSDB_PORT PGUSER=$TSDB_USER PGPASSWORD=$TSDB_PASSWORD"
    " PGDATABASE=$TSDB_DATABASE"
)
READINGS = (
    "INSERT INTO tag_values (connection_id, tag_id, ts)"
    " SELECT gen_random_uuid(), 1, now() FROM generate_series(1, 100)"
)
# It sets what an older server does not know, says so, restores all, and ends with 1.
NEWER_PG_RESTORE = f"""#!/bin/sh
complaints="$({program("pg_restore")} "$@" 2>&1)" && exit
echo "$complaints" >&2
case "$complaints" in
    *'parameter "transaction_timeout"'*'errors ignored on restore: 1') ;;
    *) exit 1 ;;
esac
"""
POLICIES = (
    "SELECT remove_retention_policy('tag_values')",
    "SELECT add_retention_policy('tag_values', INTERVAL '{days} days')",
    "SELECT remove_compression_policy('tag_values')",
    "SELECT add_compression_policy('tag_values', INTERVAL '{days} days')",
    "SELECT remove_retention_policy('system_metrics')",
    "SELECT add_retention_policy('system_metrics', INTERVAL '{days} days')",
)
"""What the application does at each start, and passes over where it fails."""
JOBS = """
SELECT hypertable_name::text, proc_name::text,
  coalesce(config ->> 'drop_after', config ->> 'compress_after'), owner::text
FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1, 2
"""
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
    """Every block is of a kind that is tested here or in test_starting.py."""
    assert infos(OPERATIONS) == TESTED


def shell(*scripts: str, **environ: str) -> str:
    """Run scripts in one shell; every command must succeed. Return what they say."""
    result = run_shell("set -eu", *scripts, **environ)
    assert result.returncode == 0, result
    return result.stdout


def run_shell(*scripts: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run scripts, one after the other, in one shell."""
    return subprocess.run(
        ["/bin/sh", "-c", "\n".join(scripts)],
        env={**os.environ, "PATH": PATH, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_commands(
    absent_databases: tuple[ConnectionSettings, ConnectionSettings], tmp_path: Path
) -> None:
    """The commands run in the order of the document, from empty servers on.

    What they restore is what was dumped, in databases of other names.
    """
    meta, tsdb = absent_databases
    with absent_database(meta) as other_meta, absent_database(tsdb) as other_tsdb:
        names = {
            "dataforeman_restored": other_meta.database,
            "telemetry_restored": other_tsdb.database,
        }
        first, *others = blocks(OPERATIONS, "sh run")
        script = "\n".join([first, f"{ON_TSDB} psql --command '{READINGS}'", *others])
        for name, actual in names.items():
            script = script.replace(name, actual)
        restore = tmp_path / "pg_restore"
        restore.write_text(NEWER_PG_RESTORE)
        restore.chmod(0o755)
        path = f"PATH={tmp_path}:$PATH"
        shell(path, script, **variables(meta), **variables(tsdb))
        assert find(META, other_meta) == []
        assert find(TSDB, other_tsdb) == []
        assert count_readings(other_tsdb) == 100


def count_readings(settings: ConnectionSettings) -> int:
    """Count the rows of tag_values."""
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT FROM tag_values")
        return cursor.rowcount


def test_preview(
    meta_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """What is going to happen is what is not there yet, be it all, some or nothing."""
    config, *commands = blocks(OPERATIONS, "sh run")[1:]
    [preview] = [text for text in commands if "--sql" in text]
    environ = variables(meta_database) | variables(tsdb_empty_database)
    shell(config, preview, **environ)
    assert Path("meta.sql").read_text() == ""
    assert "CREATE TABLE tag_values" in Path("tsdb.sql").read_text()

    Migrations(META, meta_database).downgrade("meta_001")
    shell(config, preview, **environ)
    seeds = Path("meta.sql").read_text()
    assert "INSERT INTO roles" in seeds
    assert "CREATE TABLE users" not in seeds


def test_preview_of_what_cannot_be_reached() -> None:
    """Where a database cannot be reached the preview fails: it is not taken for new."""
    config, *commands = blocks(OPERATIONS, "sh run")[1:]
    [preview] = [text for text in commands if "--sql" in text]
    lines = preview.replace("dataforeman-schema status\n", "")
    place = {"PGHOST": "127.0.0.1", "PGPORT": unused_port()}
    assert run_shell(config, lines, **place).returncode != 0
    assert not Path("meta.sql").exists()


def test_settings_of_a_file(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """PostgreSQL's programs find what .env holds, as `make up` writes it."""
    write_block(Path(".env"), variables(meta_database) | variables(tsdb_database))
    [load] = blocks(OPERATIONS, "sh env")
    ask = "psql --command 'TABLE alembic_version'"
    said = shell(load, ask, f"{ON_TSDB} {ask}")
    assert head(META) in said
    assert head(TSDB) in said


def test_dump_by_url(
    absent_databases: tuple[ConnectionSettings, ConnectionSettings],
) -> None:
    """URLs lead PostgreSQL's programs to the databases that our own find by them."""
    meta, tsdb = absent_databases
    environ = {each.variables.url: url(each) for each in (meta, tsdb)}
    [dump] = blocks(OPERATIONS, "sh url")
    contents = "pg_restore --list meta.dump; pg_restore --list tsdb.dump"
    said = shell("dataforeman-schema upgrade", dump, contents, **environ)
    assert "TABLE DATA public poll_groups" in said
    assert "TABLE DATA public system_metrics" in said


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


def test_restore_for_the_owner(
    absent_databases: tuple[ConnectionSettings, ConnectionSettings],
) -> None:
    """What a superuser dumped belongs to the role that restores and migrates."""
    meta, tsdb = absent_databases
    role = "CREATE ROLE dataforeman_owner LOGIN PASSWORD 'change-me'"
    execute(meta.replace(dbname="postgres"), role)
    upgrade, *others = blocks(OPERATIONS, "sh run")
    [dump] = [text for text in others if text.startswith("pg_dump ")]
    [restore] = blocks(OPERATIONS, "sh owner")
    shell(upgrade, dump, restore, **variables(meta), **variables(tsdb))
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    ask = f'psql --tuples-only --no-align --command "{owners}"'
    restored = meta.replace(dbname="dataforeman_restored")
    assert shell(ask, **variables(restored)) == "dataforeman_owner\n"


def test_restore_that_fails(tsdb_server: ConnectionSettings) -> None:
    """Where pg_restore gives up, TimescaleDB is told all the same, and it is said."""
    [restore] = [
        text for text in blocks(OPERATIONS, "sh run") if "timescaledb_post" in text
    ]
    Path("tsdb.dump").write_text("this is no dump")
    with absent_database(tsdb_server) as restored:
        script = restore.replace("telemetry_restored", restored.database)
        result = run_shell(script, **variables(tsdb_server))
        assert result.returncode == 1, result
        assert "pg_restore: error" in result.stderr
        assert query(restored, RESTORING_QUERY) == []


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
        """Run a block of the document; one that makes a database by statements."""
        [text] = blocks(OPERATIONS, info)
        for name in ("dataforeman_owner", "dataforeman_app"):
            text = text.replace(name, self.named(name))
        database = settings.variables.database
        text = re.sub(rf"(?<=DATABASE ){database}\b", self.named(database), text)
        parts = text.split(";\n") if "CREATE DATABASE" in text else [text]
        for statement in parts:
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
        refuse(place.application, *(each.format(table=table) for each in DDL))


def test_policies_of_the_application(least: tuple[Prepared, Prepared]) -> None:
    """The application sets its policies as it does, and nothing that is not its own."""
    _, tsdb = least
    policies = [each.format(days=90) for each in POLICIES]
    refuse(tsdb.application, *policies)
    tsdb.run("sql owner policies", tsdb.owner)
    tsdb.run("sql tsdb policies superuser", tsdb.own)
    for days in (90, 30):  # it sets them anew at each start
        for statement in POLICIES:
            with suppress(UndefinedObject):  # there was none to remove
                execute(tsdb.application, statement.format(days=days))
    owner = tsdb.owner.keywords["user"]
    assert query(tsdb.own, JOBS) == [
        ("system_metrics", "policy_retention", "30 days", owner),
        ("tag_values", "policy_compression", "30 days", owner),
        ("tag_values", "policy_retention", "30 days", owner),
    ]
    verdict = verify_database(TSDB, tsdb.owner, 60, tsdb.application.keywords["user"])
    assert (verdict.error, verdict.findings) == (None, [])
    Migrations(TSDB, tsdb.owner).check()
    refuse(tsdb.application, *(each.format(table="tag_values") for each in DDL))
    refuse(tsdb.application, *(each.replace("T ", "T public.", 1) for each in policies))
    execute(
        tsdb.owner,
        "CREATE TABLE mine (ts timestamptz NOT NULL);"
        "SELECT create_hypertable('mine', by_range('ts'));"
        "GRANT ALL ON mine TO PUBLIC",
    )
    refuse(
        tsdb.application, *(each.replace("tag_values", "mine") for each in policies[:4])
    )


def refuse(settings: ConnectionSettings, *statements: str) -> None:
    """Assert that a role may run none of some statements."""
    for statement in statements:
        with pytest.raises(InsufficientPrivilege):
            execute(settings, statement)
