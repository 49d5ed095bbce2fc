"""A telemetry server without TimescaleDB, and the day it gets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, NullPool, inspect, text

from dataforeman_schema.databases import TSDB
from dataforeman_schema.embedded.postgres import program
from dataforeman_schema.engine import create_engine
from tests.commands import BIN, alembic, assert_refused, run, variables
from tests.trees import head

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

COMMAND = BIN / "dataforeman-schema"
READINGS = """
INSERT INTO tag_values (connection_id, tag_id, ts, v_num)
SELECT '00000000-0000-0000-0000-000000000001', tag, ts, extract(epoch FROM ts)
FROM generate_series(1, 3) AS tag,
     generate_series('2026-01-01', '2026-01-10', INTERVAL '1 hour') AS ts
"""
FINGERPRINT = text(
    "SELECT count(*), md5(string_agg(r::text, ',' ORDER BY r::text)) FROM tag_values r"
)
CHUNKS = text("SELECT count(*) FROM show_chunks('tag_values')")


@pytest.fixture
def plain(
    meta_database: ConnectionSettings, plain_database: ConnectionSettings
) -> dict[str, str]:
    """Settings whose telemetry server is a plain PostgreSQL, which may be so."""
    optional = {"TSDB_TIMESCALEDB": "optional"}
    return variables(meta_database) | variables(plain_database) | optional


def test_plain_tables_on_request(plain: dict[str, str], plain_engine: Engine) -> None:
    """Where TimescaleDB is optional the tables are plain, and upgrade says so."""
    newest = head(TSDB)
    for wanted in (f"upgraded from nothing to {newest}", f"at {newest}, nothing to do"):
        result = run(COMMAND, "upgrade", **plain)
        assert result.returncode == 0, result
        said = f"{wanted}; its tables are plain: no TimescaleDB there"
        assert said in result.stdout
    tables = inspect(plain_engine).get_table_names()
    assert {"tag_values", "system_metrics"} < set(tables)


def test_plain_tables_are_looked_after(plain: dict[str, str]) -> None:
    """They can be checked, verified, taken back and made again."""
    assert alembic("-n", "tsdb", "upgrade", "head", **plain).returncode == 0
    assert alembic("-n", "tsdb", "check", **plain).returncode == 0
    assert run(COMMAND, "verify", **plain).returncode == 0
    for command in ("downgrade", "upgrade"):
        target = {"downgrade": "base", "upgrade": "head"}[command]
        assert alembic("-n", "tsdb", command, target, **plain).returncode == 0


def test_plain_tables_are_shown(plain: dict[str, str]) -> None:
    """`status` says that they are plain, in lines and in JSON."""
    run(COMMAND, "upgrade", **plain)
    result = run(COMMAND, "status", **plain)
    assert result.returncode == 0, result
    said = "its tables are plain; upgrade converts them where TimescaleDB is there\n"
    assert result.stdout.count(said) == 1
    found = json.loads(run(COMMAND, "status", "--json", **plain).stdout)["databases"]
    assert [database["plain"] for database in found] == [False, True]


def test_plain_tables_when_they_are_no_longer_wanted(plain: dict[str, str]) -> None:
    """Once TimescaleDB is required again a server without it is refused."""
    run(COMMAND, "upgrade", **plain)
    result = run(COMMAND, "upgrade", **plain | {"TSDB_TIMESCALEDB": "required"})
    assert result.returncode == 1
    assert "no timescaledb extension" in result.stderr
    assert "TSDB_TIMESCALEDB=optional" in result.stderr


def test_neither_required_nor_optional(plain: dict[str, str]) -> None:
    """Any other value is refused by name."""
    broken = plain | {"TSDB_TIMESCALEDB": "perhaps"}
    result = alembic("-n", "tsdb", "upgrade", "head", **broken)
    assert_refused(result, "TSDB_TIMESCALEDB is 'perhaps'", "required or to optional")


def test_conversion_with_rows(
    plain: dict[str, str],
    plain_database: ConnectionSettings,
    plain_engine: Engine,
    tsdb_empty_database: ConnectionSettings,
    tmp_path: Path,
) -> None:
    """Restored where TimescaleDB is, plain tables become hypertables, rows and all."""
    run(COMMAND, "upgrade", **plain)
    with plain_engine.begin() as connection:
        connection.execute(text(READINGS))
        before = connection.execute(FINGERPRINT).one()
    move(plain_database, tsdb_empty_database, tmp_path / "dump.sql")
    environ = plain | variables(tsdb_empty_database)
    # What only looks converts nothing.
    assert alembic("-n", "tsdb", "current", **environ).returncode == 0
    shown = run(COMMAND, "status", **environ).stdout
    assert "its tables are plain; upgrade converts them" in shown

    result = run(COMMAND, "upgrade", **environ)
    assert result.returncode == 0, result
    assert "its plain tables are hypertables now, with all their rows" in result.stdout
    engine = create_engine(tsdb_empty_database, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(FINGERPRINT).one() == before
        chunks = connection.scalar(CHUNKS)
    assert chunks == 10
    assert alembic("-n", "tsdb", "check", **environ).returncode == 0
    assert run(COMMAND, "verify", **environ).returncode == 0
    assert "plain" not in run(COMMAND, "status", **environ).stdout
    assert "nothing to do\n" in run(COMMAND, "upgrade", **environ).stdout


def move(source: ConnectionSettings, target: ConnectionSettings, dump: Path) -> None:
    """Dump a database with pg_dump and restore it elsewhere with psql."""
    for name, settings, options in (
        ("pg_dump", source, ("--no-owner", f"--file={dump}")),
        ("psql", target, ("--quiet", "--no-psqlrc", f"--file={dump}")),
    ):
        given = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
        given |= {"password": "PGPASSWORD", "dbname": "PGDATABASE"}
        environ = {variable: settings.keywords[key] for key, variable in given.items()}
        result = run(program(name), *options, **environ)
        assert result.returncode == 0, result
