"""What may have been renamed is asked in a revision, which does not run until then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META, TSDB
from tests.commands import alembic, assert_refused, variables
from tests.commands.places import execute, query
from tests.questions import answered, declined
from tests.trees import following, head, lock

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

FORMER_NAMES = '''"""Former names, which the models do not have any more."""

from alembic import op

revision = "{0}"
down_revision = "{1}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {2}


def downgrade() -> None:
    {3}
'''
RENAME_INDEX = 'op.execute("ALTER INDEX {} RENAME TO {}")'
RENAME_COLUMN = 'op.alter_column("system_metrics", "{}", new_column_name="{}")'


@dataclass
class Tree:
    """A copy of a tree, and the database that it is run on."""

    versions: Path
    database: Database
    settings: ConnectionSettings

    def name_formerly(self, there: list[str], back: list[str]) -> None:
        """Write and run a revision after which the models differ by names."""
        names = (following(self.database), head(self.database))
        lines = ("\n    ".join(statements) for statements in (there, back))
        text = FORMER_NAMES.format(*names, *lines)
        (self.versions / "former.py").write_text(text)
        lock(self.versions.parents[1])
        self.alembic("upgrade", "head")

    def autogenerate(self) -> Path:
        """Write the revision that brings the database to the models."""
        self.alembic("revision", "--autogenerate", "-m", "names")
        return next(self.versions.glob("*_names.py"))

    def alembic(self, *arguments: str) -> str:
        """Run a command that succeeds."""
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr[-900:]
        return result.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        chosen = ("-n", self.database.name)
        return alembic(*chosen, *arguments, **variables(self.settings))


@pytest.fixture
def meta_tree(checkout: Path, meta_database: ConnectionSettings) -> Tree:
    """The metadata tree."""
    return Tree(checkout / "alembic_meta" / "versions", META, meta_database)


@pytest.fixture
def tsdb_tree(checkout: Path, tsdb_database: ConnectionSettings) -> Tree:
    """The telemetry tree."""
    return Tree(checkout / "alembic_tsdb" / "versions", TSDB, tsdb_database)


def test_renamed(meta_tree: Tree) -> None:
    """A column and a table are asked for, and only what else differs is altered."""
    meta_tree.name_formerly(
        [
            'op.alter_column("users", "display_name", new_column_name="full_name")',
            'op.alter_column("users", "full_name", comment="It had another comment.")',
            'op.rename_table("jobs", "tasks")',
            RENAME_INDEX.format("idx_jobs_type", "idx_tasks"),
        ],
        [
            RENAME_INDEX.format("idx_tasks", "idx_jobs_type"),
            'op.rename_table("tasks", "jobs")',
            'op.alter_column("users", "full_name", new_column_name="display_name")',
        ],
    )
    execute(meta_tree.settings, "INSERT INTO tasks (type) VALUES ('x'), ('y')")
    before = query(meta_tree.settings, "SELECT * FROM tasks ORDER BY type")
    written = meta_tree.autogenerate()
    text = written.read_text()
    assert "Was column full_name of table users renamed to display_name?" in text
    assert "Was table tasks renamed to jobs?" in text
    for arguments in (("upgrade", "head"), ("upgrade", "base:head", "--sql")):
        result = meta_tree.run(*arguments)
        assert_refused(result, f"{written.name} has an open question", "delete op.ask")
    written.write_text(answered(text))
    meta_tree.alembic("upgrade", "head")
    meta_tree.alembic("check")
    after = query(meta_tree.settings, "SELECT * FROM jobs ORDER BY type")
    assert after == before
    named = "SELECT count(display_name) FROM users"
    assert query(meta_tree.settings, named) == [(1,)]
    meta_tree.alembic("downgrade", "-1")
    assert query(meta_tree.settings, "SELECT * FROM tasks ORDER BY type") == before


def test_not_renamed(meta_tree: Tree) -> None:
    """If it is not so, the column is another, and its values are counted first."""
    meta_tree.name_formerly(
        ['op.alter_column("users", "display_name", new_column_name="full_name")'],
        ['op.alter_column("users", "full_name", new_column_name="display_name")'],
    )
    written = meta_tree.autogenerate()
    written.write_text(declined(written.read_text()))
    refused = meta_tree.run("upgrade", "head")
    assert "upgrade would lose values of users.full_name (1);" in refused.stderr
    assert query(meta_tree.settings, "SELECT count(full_name) FROM users") == [(1,)]
    meta_tree.alembic("-x", "lose-data=yes", "upgrade", "head")
    meta_tree.alembic("check")


def test_renamed_in_a_hypertable(tsdb_tree: Tree) -> None:
    """A hypertable and a column of another are asked for, and all rows stay."""
    reading = (
        "INSERT INTO system_metrics (ts, metric_name, value) VALUES (now(), 'x', 1)"
    )
    execute(tsdb_tree.settings, reading)
    tsdb_tree.name_formerly(
        [
            RENAME_COLUMN.format("metric_name", "metric"),
            'op.rename_table("tag_values", "readings")',
        ],
        [
            'op.rename_table("readings", "tag_values")',
            RENAME_COLUMN.format("metric", "metric_name"),
        ],
    )
    written = tsdb_tree.autogenerate()
    assert "let spec/connectivity/schemas follow" in written.read_text()
    assert_refused(tsdb_tree.run("upgrade", "head"), "has an open question")
    written.write_text(answered(written.read_text()))
    tsdb_tree.alembic("upgrade", "head")
    tsdb_tree.alembic("check")
    assert query(tsdb_tree.settings, "SELECT metric_name FROM system_metrics") == [
        ("x",)
    ]
