"""What names and rows of a database say is never run, and moves nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from psycopg2 import sql
from sqlalchemy import text

from dataforeman_schema.catalog.words import literal, literal_line, quote
from dataforeman_schema.commands.findings import Finding, shell
from dataforeman_schema.commands.health.rights import check_app_role
from dataforeman_schema.commands.health.search_path import check_search_path
from dataforeman_schema.commands.health.server_settings import check_read_only
from dataforeman_schema.commands.status.activity import Access
from dataforeman_schema.commands.verify import verify_database
from dataforeman_schema.commands.verify.revision import check_revision
from dataforeman_schema.databases import META
from dataforeman_schema.printable import has_control
from dataforeman_schema.timescale.ddl import identifier
from tests.commands import BIN, alembic, run
from tests.commands.checking import run_check
from tests.commands.hostile import NAMES, assert_harmless, run_in_shell
from tests.commands.places import execute

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from sqlalchemy import CursorResult
    from sqlalchemy.orm import Session

    from dataforeman_schema.settings import ConnectionSettings

_WELL = "-csearch_path=public -cdefault_transaction_read_only=off"
_ROW = sql.SQL("""
INSERT INTO schema_history (applied_at, revision, direction, duration_ms, checksum,
  package_version) VALUES (now(), {0}, 'upgrade', 1, '', {1});
INSERT INTO schema_history (applied_at, revision, direction, duration_ms, checksum,
  package_version) VALUES (now() + interval '1s', {0}, 'upgrade', 1, '', {1});
""")


@pytest.mark.parametrize("word", NAMES)
def test_shell(word: str, tmp_path: Path) -> None:
    """Whatever a word of a command holds, the shell takes it for that word."""
    command = shell("python {} -n {}", word, "meta")
    assert run_in_shell(command, tmp_path) == f"<{word}><-n><meta>"


@pytest.mark.parametrize("write", [quote, identifier])
def test_identifiers(write: Callable[[str], str], meta_session: Session) -> None:
    """A name that is written into SQL is that name, whatever it ends with."""
    connection = meta_session.connection()
    for name in (*NAMES, "abc\n", "abc\\"):
        statement = f"CREATE TABLE {write(name)} ()"
        connection.exec_driver_sql(statement.replace("%", "%%"))
        made = "SELECT relname FROM pg_class ORDER BY oid DESC LIMIT 1"
        assert connection.exec_driver_sql(made).scalar() == name


def test_grants_of_status(meta_session: Session) -> None:
    """What shows a table to a role is a grant of just that, whatever both are named."""
    connection = meta_session.connection()

    def run_sql(statement: str) -> CursorResult[Any]:
        return connection.exec_driver_sql(statement.replace("%", "%%"))

    for name in NAMES:
        run_sql(f"CREATE ROLE {quote(name)}; CREATE TABLE {quote(name)} ()")
        known = {"name": name}
        table = str(connection.scalar(text("SELECT format('%I', :name)"), known))
        access = Access(datetime.now(UTC), 0, False, name, [table], [table])  # noqa: FBT003 - a row of a query
        shows, reveals = access.grants()
        assert not has_control(shows + reveals)
        run_sql(shows[shows.index(": GRANT") + 2 :])
        run_sql(reveals[reveals.index("policy: ALTER") + 8 :])
        may = text(
            "SELECT has_table_privilege(rolname, c.oid, 'SELECT'), rolbypassrls"
            " FROM pg_class AS c, pg_roles"
            " WHERE relname = :name AND rolname = :name"
        )
        assert connection.execute(may, known).all() == [(True, True)]
    assert connection.scalar(text("SELECT to_regclass('x')")) is None


@pytest.mark.parametrize("write", [literal, literal_line])
def test_literals(write: Callable[[str], str], meta_session: Session) -> None:
    """A value that is written into SQL is that value."""
    for value in (*NAMES, "abc\n", "abc\\"):
        statement = f"SELECT {write(value)}".replace("%", "%%")
        found = meta_session.connection().exec_driver_sql(statement).scalar()
        assert found == value


def test_objects(meta_database: ConnectionSettings, tmp_path: Path) -> None:
    """Remedies for tables, event triggers and rows of any name do that and no more."""
    tables = sorted({*META.metadata().tables} - {"users", "roles", "poll_groups"})
    for name, table in zip(NAMES, tables, strict=False):
        rename = sql.SQL("ALTER TABLE {} RENAME TO {};").format(
            sql.Identifier(table), sql.Identifier(name)
        )
        trigger = sql.SQL(
            "CREATE EVENT TRIGGER {} ON ddl_command_end EXECUTE FUNCTION seen();"
        ).format(sql.Identifier(name))
        row = _ROW.format(sql.Literal(name), sql.Literal(name))
        execute(meta_database, sql.Composed([rename, row]))
        execute(
            meta_database,
            "CREATE OR REPLACE FUNCTION seen() RETURNS event_trigger"
            " LANGUAGE plpgsql AS 'BEGIN END'",
        )
        execute(meta_database, trigger)
    verdict = verify_database(META, meta_database, 60)
    assert verdict.error is None
    found = " ".join(finding.where + finding.remedy for finding in verdict.findings)
    assert found.count("event trigger") == len(NAMES)
    assert found.count(" RENAME TO ") == len(NAMES)
    assert "DELETE FROM schema_history" in found
    for finding in verdict.findings:
        assert_harmless(finding, meta_database, tmp_path)


def test_records(meta_database: ConnectionSettings, tmp_path: Path) -> None:
    """A recorded revision and its release come out as words, or not at all."""
    for name in NAMES:
        record = sql.SQL("UPDATE alembic_version SET version_num = {};").format(
            sql.Literal(name)
        )
        row = _ROW.format(sql.Literal(name), sql.Literal(f"1{name}"))
        execute(meta_database, sql.Composed([record, row]))
        [finding] = run_check(check_revision, meta_database)
        assert isinstance(finding, Finding)
        assert "stamp --purge meta_" in finding.remedy
        assert_harmless(finding, meta_database, tmp_path)


def test_databases_and_roles(meta_database: ConnectionSettings, tmp_path: Path) -> None:
    """A database and a role of any name are set right, and nothing else is."""
    before = meta_database
    elsewhere = meta_database.replace(dbname="template1")
    alter = sql.SQL(
        "ALTER DATABASE {0} SET search_path = nowhere;"
        "ALTER DATABASE {0} SET default_transaction_read_only = on"
    ).format(sql.Identifier(before.database))
    execute(meta_database, alter)
    try:
        for name in NAMES:
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(before.database), sql.Identifier(name)
            )
            execute(elsewhere, rename)
            before = meta_database.replace(dbname=name)
            for check in (check_search_path, check_read_only, check_app_role):
                [finding] = run_check(check, before, app_role=name)
                assert isinstance(finding, Finding)
                assert_harmless(finding, before.replace(options=_WELL), tmp_path)
    finally:
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(before.database), sql.Identifier(meta_database.database)
        )
        execute(elsewhere, rename)


def test_terminal(
    meta_database: ConnectionSettings, current_pair: dict[str, str]
) -> None:
    """No command lets what a database says move the cursor or forge a line."""
    name = "\x1b[2J\u202e\x9b\nTelemetry database: fine"
    shown = r"\x1b[2J\u202e\x9b"
    command = BIN / "dataforeman-schema"
    create = sql.SQL(
        "CREATE TABLE {0} (); CREATE TYPE {1} AS ();ALTER TABLE jobs ADD COLUMN {0} {1}"
    ).format(sql.Identifier(name), sql.Identifier(f"{name}."))
    execute(meta_database, create)
    _assert_shown(shown, run(command, "status", **current_pair))
    _assert_shown(shown, run(command, "verify", **current_pair))
    _assert_shown(shown, alembic("-n", "meta", "check", **current_pair))
    record = sql.SQL("UPDATE alembic_version SET version_num = {}")
    execute(meta_database, record.format(sql.Literal(name)))
    for arguments in (("status",), ("verify",), ("upgrade",), ("upgrade", "--plan")):
        _assert_shown(shown, run(command, *arguments, **current_pair))
    for arguments in (("current",), ("upgrade", "head"), ("check",)):
        _assert_shown(shown, alembic("-n", "meta", *arguments, **current_pair))
    found = json.loads(run(command, "status", "--json", **current_pair).stdout)
    assert found["databases"][0]["current"] == [name]


def _assert_shown(text: str, result: CompletedProcess[str]) -> None:
    printed = result.stdout + result.stderr
    assert text in printed, result
    assert not has_control(printed.replace("\n", "")), result
    assert "\nTelemetry database: fine" not in printed
