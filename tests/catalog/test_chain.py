"""The chain of revisions makes what the models declare, and what each should be."""

from __future__ import annotations

import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, text

from dataforeman_schema.alembic_env import comparison
from dataforeman_schema.alembic_env.extension_state import read_extension
from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.packaging import alembic_ini
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, run, variables
from tests.commands.breakage import assert_noted, find
from tests.commands.places import execute
from tests.trees import following, head

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

BOTH = [(META, "meta"), (TSDB, "tsdb")]
BREAKS = {
    META: ("ALTER TABLE users DROP COLUMN display_name", "column display_name"),
    TSDB: ("ALTER TABLE system_metrics DROP COLUMN value", "column value"),
}
NEXT = '''"""Nothing new.

Revision ID: {revision}
Revises: {before}
Created: 2026-11-28
"""

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
'''


def differences(
    database: Database, settings: ConnectionSettings, *, create: bool = False
) -> list[object]:
    """Compare a database with its head, perhaps after making the models in it."""
    engine = create_engine(settings, poolclass=NullPool)
    with engine.connect() as connection:
        if create:
            if database.needs_timescaledb:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
            database.metadata().create_all(connection)
        extension = read_extension(connection, database)
        compared = comparison.compare_with(
            connection, database, head(database), extension
        )
        return [operation.to_diff_tuple() for operation in compared.operations]


@pytest.mark.parametrize(("database", "name"), BOTH)
def test_revisions_make_the_models(
    request: pytest.FixtureRequest, database: Database, name: str
) -> None:
    """A database that the revisions made is what the models declare."""
    settings = request.getfixturevalue(f"{name}_database")
    assert differences(database, settings) == []


@pytest.mark.parametrize(("database", "name"), BOTH)
def test_models_make_what_revisions_do(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    name: str,
) -> None:
    """A database made from the models is what the revisions make."""
    settings = request.getfixturevalue(f"{name}_empty_database")
    monkeypatch.setattr(comparison, "scripts", lambda _: [SimpleNamespace(revision="")])
    assert differences(database, settings, create=True) == []


@pytest.mark.parametrize(("database", "name"), BOTH)
def test_drift_one_revision_behind(
    request: pytest.FixtureRequest, database: Database, name: str
) -> None:
    """A database one revision behind head is compared with that revision."""
    settings = request.getfixturevalue(f"{name}_database")
    Migrations(database, settings).downgrade("-1")
    assert [finding.where for finding in find(database, settings)] == [
        "table alembic_version"
    ]
    breaks, where = BREAKS[database]
    execute(settings, breaks)
    found = [finding.where for finding in find(database, settings)]
    assert any(where in each for each in found), found


def test_drift_two_revisions_behind(
    tmp_path: Path,
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
) -> None:
    """A database two revisions behind head is compared with its own revision."""
    settings = {META: meta_database, TSDB: tsdb_database}
    for database, name in BOTH:
        tree = tmp_path / f"alembic_{name}"
        shutil.copytree(alembic_ini().parent / tree.name, tree)
        revision = following(database)
        text_ = NEXT.format(revision=revision, before=head(database))
        number = revision.rpartition("_")[2]
        (tree / "versions" / f"{number}_nothing.py").write_text(text_, "utf-8")
        Migrations(database, settings[database]).downgrade("-1")
        execute(settings[database], BREAKS[database][0])
    places = variables(meta_database) | variables(tsdb_database)
    command = (BIN / "dataforeman-schema", "verify")
    result = run(*command, **places, PYTHONPATH=str(tmp_path))
    assert result.returncode == 1, result
    for database in settings:
        assert f"the head is {following(database)}" in result.stdout, result.stdout
        assert BREAKS[database][1] in result.stdout, result.stdout


def test_foreign_tables(meta_database: ConnectionSettings) -> None:
    """Ten tables of others, one of which refers to ours, are no more than notes."""
    names = [f"others_{number}" for number in range(10)]
    for name in names:
        execute(
            meta_database,
            f"CREATE TABLE {name} (id serial PRIMARY KEY, note text UNIQUE);"
            f"CREATE INDEX ON {name} (lower(note))",
        )
    execute(
        meta_database,
        "ALTER TABLE others_0 ADD owner uuid REFERENCES users ON DELETE CASCADE",
    )
    assert_noted(META, meta_database, tuple(f"table {name}:" for name in names))
