"""Both trees of revisions, each of their revisions, on real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, NullPool, text

from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES
from dataforeman_schema.catalog import snapshot
from dataforeman_schema.databases import DATABASES, META, TSDB, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing import Migrations
from tests.commands import alembic, variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dataforeman_schema.settings import ConnectionSettings

TREES = list(DATABASES.values())


@pytest.fixture(params=TREES, ids=[tree.name for tree in TREES])
def migrations(request: pytest.FixtureRequest) -> Migrations:
    """A tree and an empty database on its server, for each tree."""
    settings = request.getfixturevalue(f"{request.param.name}_empty_database")
    return Migrations(request.param, settings)


def catalog(migrations: Migrations) -> Mapping[str, object]:
    """Take the catalog of the database without Alembic's own table."""
    engine = create_engine(migrations.settings, poolclass=NullPool)
    with engine.connect() as connection:
        return snapshot(connection, without=BOOKKEEPING_TABLES)


def test_every_revision_up_down_up(migrations: Migrations) -> None:
    """Each revision's downgrade leads back to the catalog before it."""
    before = [catalog(migrations)]
    for revision in revisions(migrations.database):
        migrations.upgrade(revision)
        after = catalog(migrations)
        migrations.downgrade("-1")
        assert catalog(migrations) == before[-1]
        migrations.upgrade(revision)
        assert catalog(migrations) == after
        before.append(after)
    migrations.downgrade("base")
    assert catalog(migrations) == before[0]


def test_models_and_database_agree(migrations: Migrations) -> None:
    """`check` finds no difference at head, and finds one that is made."""
    migrations.upgrade()
    migrations.check()
    engine = create_engine(migrations.settings, poolclass=NullPool)
    column = (
        ("tag_values", "v_text") if migrations.database is TSDB else ("jobs", "error")
    )
    alter = "ALTER TABLE {} ALTER {} SET DEFAULT 'stray'".format(*column)
    with engine.begin() as connection:
        connection.execute(text(alter))
    with pytest.raises(CommandError, match="modify_default"):
        migrations.check()


def test_a_default_that_differs_is_found(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """`check` compares defaults, which Alembic does only when told to."""
    with meta_engine.begin() as connection:
        connection.execute(text("ALTER TABLE users ALTER is_active SET DEFAULT false"))
    with pytest.raises(CommandError, match="is_active"):
        Migrations(META, meta_database).check()


def test_second_upgrade_changes_nothing(migrations: Migrations) -> None:
    """Upgrading a database that is at head runs no revision."""
    migrations.upgrade()
    before = catalog(migrations)
    migrations.upgrade()
    assert catalog(migrations) == before


def test_current_names_the_database(meta_database: ConnectionSettings) -> None:
    """Which database a command worked on can be seen, and no password."""
    result = alembic("-n", "meta", "current", "-v", **variables(meta_database))
    assert f"/{meta_database.database}?" in result.stdout.splitlines()[0]
    assert meta_database.keywords["user"] in result.stdout


def test_offline_sql_does_the_same(migrations: Migrations) -> None:
    """The SQL of `--sql` builds what the revisions build, and undoes it."""
    migrations.upgrade()
    expected = catalog(migrations)
    migrations.downgrade()
    empty = catalog(migrations)
    execute(migrations, "DROP TABLE alembic_version")
    execute(migrations, migrations.upgrade_sql())
    assert catalog(migrations) == expected
    migrations.check()
    execute(migrations, migrations.downgrade_sql("head:base"))
    assert catalog(migrations) == empty


def execute(migrations: Migrations, script: str) -> None:
    """Run a script of several statements as psql would."""
    engine = create_engine(
        migrations.settings, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(script)


def revisions(database: Database) -> list[str]:
    """List the revisions of a tree, oldest first."""
    script = ScriptDirectory.from_config(
        Migrations(database, database.settings()).config()
    )
    return [revision.revision for revision in script.walk_revisions()][::-1]


def test_revision_ids_name_their_tree() -> None:
    """Revision ids begin with their tree's name, which tells the databases apart."""
    for database in TREES:
        assert all(name.startswith(f"{database.name}_") for name in revisions(database))
