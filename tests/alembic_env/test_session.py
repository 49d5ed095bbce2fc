"""What holds in the session of a command, whatever else is set."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import (
    Connection,
    Engine,
    TextClause,
    event,
    func,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES, HISTORY
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.session import prepared
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.embedded import EmbeddedTimescale, throwaway_folder
from dataforeman_schema.settings import read_settings
from tests.commands import BIN, alembic, assert_refused, run, upgrade, variables
from tests.commands.places import execute
from tests.trees import head, line, tables

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

SLEEPER = """
from sqlalchemy import text
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.session import prepared
from dataforeman_schema.databases import META
from dataforeman_schema.engine import create_engine
with create_engine(META.settings()).connect() as connection:
    with prepared(connection, Options()):
        print("sleeping", flush=True)
        connection.execute(text("SELECT pg_sleep(60)"))
"""
OURS = "dataforeman-schema"


def own_schema(engine: Engine) -> None:
    """Make the schema that the user's search_path names first."""
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA AUTHORIZATION CURRENT_USER"))


def test_schema_of_the_user(
    meta_database: ConnectionSettings,
    meta_engine: Engine,
    tsdb_database: ConnectionSettings,
    tsdb_engine: Engine,
) -> None:
    """A schema named like the user, made later, hides none of our tables."""
    environ = variables(meta_database) | variables(tsdb_database)
    for engine in (meta_engine, tsdb_engine):
        own_schema(engine)
    assert upgrade(**environ).stdout.count("nothing to do") == 2
    shown = run(BIN / OURS, "status", **environ).stdout
    assert f"{len(tables(META))} tables" in shown
    assert "hypertable tag_values: by ts, chunk interval 1 day" in shown
    verified = run(BIN / OURS, "verify", **environ)
    assert verified.returncode == 0, verified.stdout


def test_migrating_beside_the_schema_of_the_user(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """Migrations go on in the schema where they began."""
    own_schema(meta_engine)
    environ = variables(meta_database)
    for step in (("downgrade", "base"), ("upgrade", "head")):
        result = alembic("-n", "meta", *step, **environ)
        assert result.returncode == 0, result
    count = select(func.count()).select_from(table(HISTORY.name, schema="public"))
    ours = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    with meta_engine.connect() as connection:
        # Up, down and up again.
        assert connection.scalar(count) == 3 * len(line(META))
        assert connection.scalar(ours) == len({*tables(META), *BOOKKEEPING_TABLES})


@pytest.mark.slow
def test_timescaledb_in_a_schema_of_its_own(
    meta_database: ConnectionSettings,
) -> None:
    """TimescaleDB is found wherever a database keeps its extensions."""
    with (
        throwaway_folder() as folder,
        EmbeddedTimescale(folder) as server,
    ):
        tsdb = read_settings(TSDB.variables, {}).replace(**server.params)
        execute(tsdb, "CREATE SCHEMA ext; CREATE EXTENSION timescaledb SCHEMA ext")
        environ = variables(meta_database) | variables(tsdb)
        upgraded = upgrade(**environ)
        assert upgraded.returncode == 0, upgraded
        assert "chunk interval 1 day" in run(BIN / OURS, "status", **environ).stdout
        for arguments in (("downgrade", "base"), ("upgrade", "head"), ("check",)):
            result = alembic("-n", "tsdb", *arguments, **environ)
            assert result.returncode == 0, result
        verified = run(BIN / OURS, "verify", **environ)
        assert verified.returncode == 0, verified.stdout


def test_version_table_is_locked(
    meta_database: ConnectionSettings,
    meta_engine: Engine,
    tsdb_database: ConnectionSettings,
) -> None:
    """Who has locked alembic_version for itself does not make a command hang."""
    environ = variables(meta_database) | variables(tsdb_database)
    with meta_engine.connect() as connection:
        connection.execute(text("SET application_name = 'careless'"))
        connection.execute(text("LOCK TABLE alembic_version"))
        ours = upgrade("--wait", "1", **environ)
        theirs = alembic(
            "-x", "lock-wait=3", "-n", "meta", "downgrade", "-1", **environ
        )
    assert ours.returncode == theirs.returncode == 1
    assert "another session has locked alembic_version" in ours.stderr
    last = theirs.stderr.splitlines()[-1]
    assert last.startswith("FAILED: a table stayed locked by pid ")
    assert "(careless, in a transaction since 2" in last
    assert "holding alembic_version, waited 3 s" in last


def test_killed_in_a_long_statement(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """The server ends what a killed process had it do, and so frees its locks."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER],
        env={**os.environ, **variables(meta_database)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"sleeping\n"
    with process, meta_engine.connect() as connection:
        left = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND query LIKE '%pg_sleep(60)%' AND state = 'active'"
            " AND pid <> pg_backend_pid()"
        )
        wait_until(connection, left, 1)
        process.send_signal(signal.SIGKILL)
        wait_until(connection, left, 0)


def test_lost_before_it_is_prepared(meta_engine: Engine) -> None:
    """A session that ends too early is not replaced by one without its timeouts."""

    def terminate(*execution: object) -> None:
        if "client_connection_check_interval" in str(execution[3]):
            with meta_engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(pid, 10_000)))

    with meta_engine.connect() as connection:
        pid = connection.scalar(select(func.pg_backend_pid()))
        connection.rollback()
        event.listen(connection, "before_cursor_execute", terminate)
        with pytest.raises(DBAPIError) as raised, prepared(connection, Options()):
            pytest.fail("the session was replaced")
    assert raised.value.connection_invalidated


def wait_until(connection: Connection, query: TextClause, wanted: int) -> None:
    """Ask again and again, for half a minute, until a query returns a number."""
    deadline = time.monotonic() + 30
    while (found := connection.scalar(query)) != wanted:
        connection.rollback()
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_purging_stamp_of_the_other_tree(tsdb_database: ConnectionSettings) -> None:
    """Not even `stamp --purge` takes one database for the other."""
    here = read_settings(META.variables, {}).replace(**tsdb_database.keywords)
    stamp = ("-n", "meta", "stamp", "--purge", "head")
    result = alembic(*stamp, **variables(here))
    assert_refused(result, "this is the telemetry database")


def test_stamping_an_unknown_revision_away(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A revision that no release knows can be stamped away with --purge."""
    with meta_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'meta_999'"))
    stamp = ("-n", "meta", "stamp", "--purge", head(META))
    result = alembic(*stamp, **variables(meta_database))
    assert result.returncode == 0, result
    with meta_engine.connect() as connection:
        stamped = connection.scalar(text("SELECT version_num FROM alembic_version"))
    assert stamped == head(META)
