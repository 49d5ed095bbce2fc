"""A new database is loaded with head.sql, which leaves what Alembic leaves."""

from __future__ import annotations

import shutil
from contextlib import closing
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, NullPool, select, text

from dataforeman_schema.alembic_env.history import HISTORY
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.revision_files import versions_folder
from dataforeman_schema.commands.load import load_head
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import DATABASES, LOCK_KEY, META, TSDB, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.packaging import alembic_ini
from dataforeman_schema.settings import read_settings
from dataforeman_schema.testing import Migrations
from dataforeman_schema.testing.cleaning import drop_everything
from tests.commands import upgrade, upgrade_and_list_modules, variables
from tests.commands.bad_inputs import NOTHING, ids
from tests.commands.states import state
from tests.trees import following, head, line

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

TREES = list(DATABASES.values())
NAMES = [tree.name for tree in TREES]


@pytest.mark.parametrize("tree", TREES, ids=NAMES)
def test_script_is_what_alembic_prints(tree: Database) -> None:
    """head.sql was written from the revisions that are there; else run `make sql`."""
    written = (versions_folder(tree).parent / "head.sql").read_text("utf-8")
    assert written == Migrations(tree, tree.settings()).upgrade_sql().rstrip() + "\n"


@pytest.mark.parametrize("tree", TREES, ids=NAMES)
def test_loading_leaves_what_alembic_leaves(
    tree: Database, request: pytest.FixtureRequest
) -> None:
    """Catalog, rows, history and hypertables are the same by either way."""
    settings = request.getfixturevalue(f"{tree.name}_empty_database")
    migrations = Migrations(tree, settings)
    migrations.upgrade()
    migrated = state(settings)
    engine = create_engine(settings, poolclass=NullPool)
    with engine.connect() as connection:
        drop_everything(connection)
    assert load_head(tree, settings, Options())
    assert state(settings) == migrated
    migrations.check()


def test_alembic_is_not_imported(new_pair: dict[str, str]) -> None:
    """Two new databases reach head without SQLAlchemy or Alembic."""
    lines, modules = upgrade_and_list_modules(**new_pair)
    assert lines[-1] == f"telemetry database: upgraded from nothing to {head(TSDB)}"
    assert not {"sqlalchemy", "alembic"} & modules


def test_durations(new_pair: dict[str, str]) -> None:
    """Of each revision it is kept how long its own transaction took."""
    assert upgrade(**new_pair).returncode == 0
    for database in DATABASES.values():
        settings = read_settings(database.variables, new_pair)
        with closing(connect(settings)) as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT applied_at - duration_ms * interval '1 ms', applied_at"
                " FROM schema_history ORDER BY applied_at"
            )
            steps = cursor.fetchall()
        assert len(steps) == len(line(database))
        assert all(end <= begin for (_, end), (begin, _) in pairwise(steps))


def test_further_revision(
    meta_empty_database: ConnectionSettings,
    meta_empty_engine: Engine,
    tsdb_database: ConnectionSettings,
    tmp_path: Path,
) -> None:
    """A script that was written from other revisions is passed over."""
    tree = tmp_path / "alembic_meta"
    shutil.copytree(alembic_ini().parent / tree.name, tree)
    text_ = ids(following(META), after=head(META)) + NOTHING
    (tree / "versions" / "next.py").write_text(text_, "utf-8")
    environ = variables(meta_empty_database) | variables(tsdb_database)
    result = upgrade(**environ, PYTHONPATH=str(tmp_path))
    assert result.returncode == 0, result
    query = select(HISTORY.c.checksum).where(HISTORY.c.revision == following(META))
    with meta_empty_engine.connect() as connection:
        assert connection.scalar(query) == sha256(text_.encode()).hexdigest()


def test_another_migration_is_at_work(meta_empty_database: ConnectionSettings) -> None:
    """A database whose lock is taken is not loaded, but left to Alembic."""
    with closing(connect(meta_empty_database)) as other:
        other.cursor().execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        assert not load_head(META, meta_empty_database, Options())
    assert state(meta_empty_database)["rows"] == {}


def test_loaded_in_the_meantime(meta_database: ConnectionSettings) -> None:
    """A database that another process loaded after the look is left as it is."""
    before = state(meta_database)
    assert not load_head(META, meta_database, Options())
    assert state(meta_database) == before


def test_refused_statement(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """What is in the way is left to Alembic to name, and nothing is half done."""
    with meta_empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE jobs ()"))
    before = state(meta_empty_database)
    assert not load_head(META, meta_empty_database, Options())
    assert state(meta_empty_database) == before
