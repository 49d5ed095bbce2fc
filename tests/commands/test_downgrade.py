"""`dataforeman-schema downgrade`: one revision back, or to one that is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, assert_refused, run, variables
from tests.commands.json_schemas import assert_fits
from tests.commands.places import execute, query
from tests.commands.states import state
from tests.trees import line

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from dataforeman_schema.settings import ConnectionSettings

USER = "INSERT INTO users (email) VALUES ('a@example.com')"
HISTORY = "SELECT direction, revision FROM schema_history ORDER BY applied_at"


def downgrade(settings: ConnectionSettings, *arguments: str) -> CompletedProcess[str]:
    """Run the verb on one database."""
    tree = "meta" if settings.variables is META.variables else "tsdb"
    command = BIN / "dataforeman-schema"
    return run(command, "downgrade", tree, *arguments, **variables(settings))


def test_one_step(meta_database: ConnectionSettings) -> None:
    """One revision goes at a time, down to base, and the history says so."""
    *_, before, newest = line(META)
    assert downgrade(meta_database, "--to", newest).stdout == (
        f"metadata database: at {newest}, nothing to do\n"
    )
    assert downgrade(meta_database).stdout == (
        f"metadata database: downgraded from {newest} to {before}\n"
    )
    assert query(meta_database, HISTORY)[-1] == ("downgrade", newest)
    assert downgrade(meta_database, "--to", "base").stdout == (
        f"metadata database: downgraded from {before} to base\n"
    )
    assert downgrade(meta_database).stdout == (
        "metadata database: at base, nothing to do\n"
    )


def test_telemetry(tsdb_database: ConnectionSettings) -> None:
    """The telemetry database goes back in the same way."""
    *_, before, newest = line(TSDB)
    assert downgrade(tsdb_database, "--plan").stdout == (
        f"telemetry database: would take back {newest}, to be at {before}\n"
        "  loses nothing\n"
    )
    assert downgrade(tsdb_database).stdout == (
        f"telemetry database: downgraded from {newest} to {before}\n"
    )


def test_rows(meta_database: ConnectionSettings) -> None:
    """Rows are counted and kept, until it is told to lose them."""
    execute(meta_database, USER)
    before = state(meta_database)
    refused = downgrade(meta_database, "--to", "base")
    assert_refused(refused, "users (1)", "dataforeman-schema downgrade --lose-data")
    assert state(meta_database) == before
    told = downgrade(meta_database, "--to", "base", "--lose-data")
    assert told.returncode == 0, told


def test_plan(meta_database: ConnectionSettings) -> None:
    """What it would lose is counted, also for programs, and nothing is changed."""
    execute(meta_database, USER)
    before = state(meta_database)
    planned = downgrade(meta_database, "--to", "base", "--plan")
    assert planned.returncode == 0, planned
    taken = ", ".join(reversed(line(META)))
    first, *losses = planned.stdout.splitlines()
    assert first == f"metadata database: would take back {taken}, to be at base"
    assert "  loses 1 rows of users" in losses
    printed = downgrade(meta_database, "--dry-run", "--json")
    [plan] = json.loads(printed.stdout)["databases"]
    assert_fits("downgrade-plan", {"databases": [plan]})
    assert (plan["revisions"], plan["complete"]) == ([line(META)[-1]], True)
    assert state(meta_database) == before
    alone = downgrade(meta_database, "--json")
    assert "--json goes with --plan" in alone.stderr


def test_no_such_revision(
    meta_database: ConnectionSettings, meta_empty_database: ConnectionSettings
) -> None:
    """A revision that is unknown, or in the other direction, is refused by name."""
    unknown = downgrade(meta_database, "--to", "meta_9")
    assert_refused(unknown, "has no revision meta_9", "name one of base, meta_001")
    forward = downgrade(meta_empty_database, "--to", "meta_001")
    assert_refused(forward, "is at base, before meta_001", "upgrade")
    nowhere = run(BIN / "dataforeman-schema", "downgrade")
    assert_refused(nowhere, "Missing argument '{meta|tsdb}'")
