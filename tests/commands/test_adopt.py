"""`adopt` takes over what others made, and refuses what is like no revision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, assert_refused, run, variables
from tests.commands.breakage import find
from tests.commands.json_schemas import assert_fits
from tests.commands.places import execute
from tests.commands.states import state

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from dataforeman_schema.settings import ConnectionSettings

FORGET = "DROP TABLE alembic_version, schema_history"


def adopt(*arguments: str, **environ: str) -> CompletedProcess[str]:
    """Run the command."""
    return run(BIN / "dataforeman-schema", "adopt", *arguments, **environ)


def test_both_databases(
    current_pair: dict[str, str],
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
) -> None:
    """Databases without a record are recognized, and then nothing is wrong."""
    places: dict[Database, ConnectionSettings] = {
        META: meta_database,
        TSDB: tsdb_database,
    }
    for settings in places.values():
        execute(settings, FORGET)
    result = adopt(**current_pair)
    assert result.returncode == 0, result
    assert result.stdout.count("every checksum is as before") == 2
    assert [find(database, place) for database, place in places.items()] == [[], []]
    again = adopt(**current_pair)
    assert again.stdout.count("nothing to adopt") == 2


def test_an_older_revision(
    tsdb_database: ConnectionSettings, meta_database: ConnectionSettings
) -> None:
    """The revision is told by the catalog, and those after it run."""
    migrations = Migrations(TSDB, tsdb_database)
    migrations.downgrade("tsdb_001")
    execute(tsdb_database, FORGET)
    environ = variables(tsdb_database) | variables(meta_database)
    result = adopt("tsdb", **environ)
    assert "adopted at tsdb_001" in result.stdout, result
    assert find(TSDB, tsdb_database) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("DROP INDEX idx_audit_events_ts", "index idx_audit_events_ts of table"),
        ("ALTER TABLE users DROP COLUMN email", "column email of table users"),
        ("DROP TABLE connections, tag_metadata, poll_groups CASCADE", "none of our"),
    ],
)
def test_refused(meta_database: ConnectionSettings, change: str, named: str) -> None:
    """What differs is named in one line, and nothing is changed."""
    execute(meta_database, f"{FORGET}; {change}")
    before = state(meta_database)
    assert_refused(adopt("meta", **variables(meta_database)), named)
    assert state(meta_database) == before


def test_foreign_objects_stay(meta_database: ConnectionSettings) -> None:
    """The record of the former tool, and other tables, are in nobody's way."""
    execute(meta_database, f"{FORGET}; CREATE TABLE pgmigrations (id int, name text)")
    result = adopt("meta", **variables(meta_database))
    assert result.returncode == 0, result
    assert find(META, meta_database) == []


def test_a_plan_changes_nothing(meta_database: ConnectionSettings) -> None:
    """What would be done is said, for people and for programs, and not done."""
    Migrations(META, meta_database).downgrade("meta_002")
    execute(meta_database, f"{FORGET}; CREATE TABLE mine (id int)")
    before = state(meta_database)
    result = adopt("meta", "--plan", **variables(meta_database))
    assert "to be adopted at meta_001" in result.stdout, result
    planned = adopt("meta", "--plan", "--json", **variables(meta_database))
    assert_fits("adopt-plan", json.loads(planned.stdout))
    [plan] = json.loads(planned.stdout)
    assert {"kind": "foreign", "text": "table mine"} in plan["differences"]
    assert state(meta_database) == before


def test_the_report_is_kept(meta_database: ConnectionSettings, tmp_path: Path) -> None:
    """The proof is written to a file, table by table."""
    execute(meta_database, FORGET)
    file = tmp_path / "proof.json"
    result = adopt("meta", "--report", str(file), **variables(meta_database))
    assert result.returncode == 0, result
    tables = {row["table"]: row for row in json.loads(file.read_text())["meta"]}
    assert tables["public.roles"]["rows"] > 0
    assert tables["public.roles"]["checksum"]


def test_undone(meta_database: ConnectionSettings) -> None:
    """The database is as before, and can be adopted again."""
    execute(meta_database, FORGET)
    before = state(meta_database)
    assert adopt("meta", **variables(meta_database)).returncode == 0
    result = adopt("meta", "--undo", **variables(meta_database))
    assert result.returncode == 0, result
    assert state(meta_database) == before
    assert_refused(
        adopt("meta", "--undo", **variables(meta_database)), "was not adopted"
    )
    assert adopt("meta", **variables(meta_database)).returncode == 0
