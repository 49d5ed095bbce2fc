"""What is set to keep migrations and services from working is found and undone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.health.server_settings import (
    check_encoding,
    check_event_triggers,
    check_read_only,
    check_restoring,
)
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import RESTORING_QUERY
from tests.commands.checking import assert_mended, new_role, run_check
from tests.commands.places import absent_database, execute

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings
    from tests.commands.checking import RunCheck

READ_ONLY = "SET default_transaction_read_only = on"
CHECKS = (check_restoring, check_read_only, check_event_triggers, check_encoding)


@pytest.mark.parametrize("database", ["meta_database", "tsdb_database"])
@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_set(
    check: RunCheck, database: str, request: pytest.FixtureRequest
) -> None:
    """A database as it was made is in nobody's way."""
    assert run_check(check, request.getfixturevalue(database)) == []


def test_restoring(tsdb_database: ConnectionSettings) -> None:
    """A restore whose end TimescaleDB was not told is found, and is ended."""
    execute(tsdb_database, "SELECT timescaledb_pre_restore()")
    words = ("extension | database", "restoring mode", "new ones are refused")
    assert_mended(check_restoring, tsdb_database, *words)


@pytest.mark.parametrize("restoring", [True, False])
def test_restoring_of_the_session(
    meta_database: ConnectionSettings, *, restoring: bool
) -> None:
    """The query of restoring mode also sees what only the session is set to."""
    settings = meta_database.replace(options=f"-ctimescaledb.restoring={restoring}")
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(RESTORING_QUERY)
        assert bool(cursor.rowcount) is restoring


def test_read_only_database(meta_database: ConnectionSettings) -> None:
    """A database that refuses all writing is found, and the remedy may write."""
    name = meta_database.database
    execute(meta_database, f"ALTER DATABASE {name} {READ_ONLY}")
    assert_mended(check_read_only, meta_database, f"of DATABASE {name}", "it is on")


def test_read_only_role(meta_database: ConnectionSettings) -> None:
    """A role that may not write is found where it is set, here or everywhere."""
    with new_role(meta_database, "SUPERUSER LOGIN PASSWORD 'x'") as role:
        settings = meta_database.replace(user=role, password="x")
        here = f"ROLE {role} IN DATABASE {meta_database.database}"
        for place in (f"ROLE {role}", here):
            execute(meta_database, f"ALTER {place} {READ_ONLY}")
            assert_mended(
                check_read_only,
                settings,
                f"server | default_transaction_read_only of {place}:",
            )
            assert run_check(check_read_only, meta_database) == []


def test_writable_and_other_databases(
    meta_database: ConnectionSettings, meta_empty_database: ConnectionSettings
) -> None:
    """What is off, or set on another database, is nobody's finding."""
    execute(
        meta_empty_database,
        f"ALTER DATABASE {meta_empty_database.database} {READ_ONLY}",
    )
    execute(
        meta_database,
        f"ALTER DATABASE {meta_database.database}"
        " SET default_transaction_read_only = off",
    )
    assert run_check(check_read_only, meta_database) == []


def test_encoding(meta_server: ConnectionSettings) -> None:
    """A database that cannot hold every character is noted, with what can."""
    with absent_database(meta_server) as latin:
        options = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        execute(meta_server, f"CREATE DATABASE {latin.database} {options}")
        [note] = run_check(check_encoding, latin)
        assert "it is in LATIN1" in note.what
        remade = note.what.partition("made with ")[2]
        copy = latin.replace(dbname=f"{latin.database}_utf8")
        execute(meta_server, remade)
        try:
            assert run_check(check_encoding, copy) == []
        finally:
            execute(meta_server, f"DROP DATABASE {copy.database}")


@pytest.mark.parametrize(
    "event", ["ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite"]
)
def test_event_trigger(meta_database: ConnectionSettings, event: str) -> None:
    """An event trigger that can refuse what migrations do is found and disabled."""
    execute(
        meta_database,
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE ''no''; END';"
        f'CREATE EVENT TRIGGER "no DDL" ON {event} EXECUTE FUNCTION refuse()',
    )
    words = ("server | event trigger no DDL", f"it runs refuse at {event}")
    assert_mended(check_event_triggers, meta_database, *words)
