"""The recipes of docs/releasing.md run, on filled databases, in both directions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META
from tests.commands import BIN, alembic, run, variables
from tests.commands.places import execute, query
from tests.documents import CHECKOUT, blocks
from tests.trees import following, head

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

RELEASING = CHECKOUT / "docs" / "releasing.md"

REVISION = '''"""Recipe.

Revision ID: {0}
Revises: {1}
Created: 2026-01-01
"""

import sqlalchemy as sa
from alembic import op

revision = "{0}"
down_revision = "{1}"
branch_labels = None
depends_on = None

{2}'''
FILL = """
INSERT INTO audit_events (action, outcome, target_type, target_id)
SELECT 'auth.login', 'success', 'user', n FROM generate_series(1, 25000) AS n;
INSERT INTO jobs (type, worker_id)
SELECT 'x', 'w' || n FROM generate_series(1, 50) AS n;
INSERT INTO connections (name, type) VALUES ('PLC 1', 'eip');
"""
SUMS = """
SELECT (SELECT count(*) FROM units_of_measure), (SELECT count(*) FROM connections),
  sum(hashtext(id || target_id)) FROM audit_events
"""


@pytest.fixture
def recipes(checkout: Path) -> list[str]:
    """The recipes as revisions of a copy of the metadata tree, one after the other."""
    before, written = head(META), []
    for nth, block in enumerate(blocks(RELEASING, "python"), 1):
        revision = following(META, nth)
        number = revision.rpartition("_")[2]
        path = checkout / f"alembic_meta/versions/{number}_recipe.py"
        path.write_text(REVISION.format(revision, before, block))
        written.append(revision)
        before = revision
    return written


def test_recipes(recipes: list[str], meta_database: ConnectionSettings) -> None:
    """Each runs up, down and up again, and rows and values are as before."""
    environ = variables(meta_database)
    execute(meta_database, FILL)
    before = query(meta_database, SUMS)
    for command, target in (
        ("upgrade", "head"),
        ("downgrade", head(META)),
        ("upgrade", "head"),
    ):
        result = alembic("-n", "meta", command, target, **environ)
        assert result.returncode == 0, result.stderr[-1500:]
        if target == head(META):
            assert query(meta_database, SUMS) == before
    assert len(recipes) == 9
    [(units, connections, rows)] = before
    assert query(meta_database, SUMS) == [(units + 1, connections, rows)]
    filled = "SELECT count(day) FROM audit_events WHERE day = ts::date"
    assert query(meta_database, filled) == [(25_000,)]
    named = "SELECT count(worker) FROM jobs"
    assert query(meta_database, named) == [(50,)]


def test_recipes_are_clean(recipes: list[str]) -> None:
    """No recipe does what `lint` forbids without saying why it may."""
    result = run(BIN / "dataforeman-schema", "lint", "--json")
    assert recipes
    assert json.loads(result.stdout)["findings"] == []
