"""schema_history tells what happened to a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, select, text

from dataforeman_schema.alembic_env.history import HISTORY
from dataforeman_schema.databases import META
from dataforeman_schema.packaging import alembic_ini
from dataforeman_schema.pinning import PINNED_PATH
from dataforeman_schema.testing import Migrations
from tests.trees import line

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

FIRST = alembic_ini().parent / "alembic_meta" / "versions" / "001_schema.py"


def steps(engine: Engine) -> list[tuple[str, str]]:
    """List direction and revision of what happened, oldest first."""
    query = select(HISTORY.c.direction, HISTORY.c.revision)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(HISTORY.c.applied_at))
        return [(direction, revision) for direction, revision in rows]


def test_every_door_writes(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """Upgrades, downgrades and stamps each leave a row a revision."""
    migrations = Migrations(META, meta_empty_database)
    migrations.upgrade()
    migrations.downgrade()
    for revision in (*reversed(line(META)), "base"):
        command.stamp(migrations.config(), revision)
    assert steps(meta_empty_engine) == [
        *(("upgrade", revision) for revision in line(META)),
        *(("downgrade", revision) for revision in reversed(line(META))),
        *(("stamp", revision) for revision in reversed(line(META))),
        ("unstamp", line(META)[0]),
    ]


SHOW_PATH = text("""
ALTER TABLE schema_history ADD COLUMN path text;
CREATE FUNCTION note_path() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.path = current_setting('search_path'); RETURN NEW; END $$;
CREATE TRIGGER note_path BEFORE INSERT ON schema_history
  FOR EACH ROW EXECUTE FUNCTION note_path()
""")


def test_rows_are_pinned(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A row is written with names pinned, and what follows finds them as before."""
    with meta_engine.begin() as connection:
        connection.execute(SHOW_PATH)
    migrations = Migrations(META, meta_database)
    migrations.downgrade("meta_001")
    command.stamp(migrations.config(), "meta_002")
    with meta_engine.connect() as connection:
        paths = text("SELECT DISTINCT path FROM schema_history WHERE path IS NOT NULL")
        assert connection.scalars(paths).all() == [PINNED_PATH]


def test_options_of_a_connection(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """What is recorded of a revision leaves the connection as the next one needs it."""
    config = Migrations(META, meta_database).config()
    with meta_engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "meta_001")
        assert "schema_translate_map" not in connection.get_execution_options()


def test_clock_set_back(meta_database: ConnectionSettings, meta_engine: Engine) -> None:
    """What happens later is recorded as later, though the clock says otherwise."""
    before = steps(meta_engine)
    ahead = "UPDATE schema_history SET applied_at = applied_at + INTERVAL '1 day'"
    with meta_engine.begin() as connection:
        connection.execute(text(ahead))
    Migrations(META, meta_database).downgrade("meta_001")
    Migrations(META, meta_database).upgrade()
    last = line(META)[1:]
    assert steps(meta_engine) == [
        *before,
        *(("downgrade", revision) for revision in reversed(last)),
        *(("upgrade", revision) for revision in last),
    ]


def test_what_a_row_says(meta_engine: Engine) -> None:
    """A row tells when, for how long, from which file and by which release."""
    query = select(HISTORY).where(HISTORY.c.revision == "meta_001")
    with meta_engine.connect() as connection:
        row = connection.execute(query).one()
    assert datetime.now(UTC) - row.applied_at < timedelta(minutes=30)
    assert 0 < row.duration_ms < 60_000
    assert row.checksum == sha256(FIRST.read_bytes()).hexdigest()
    assert row.package_version == version("dataforeman-schema")


def test_offline_sql_writes_too(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """A database that is migrated by hand with --sql has the same history."""
    script = Migrations(META, meta_empty_database).upgrade_sql()
    with meta_empty_engine.connect() as connection:
        connection.connection.cursor().execute(script)
    assert steps(meta_empty_engine) == [
        ("upgrade", revision) for revision in line(META)
    ]


def test_failed_revision_writes_nothing(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """The row is part of the revision's own transaction."""
    with meta_empty_engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (id integer)"))
    with pytest.raises(CommandError, match='relation "users" already exists'):
        Migrations(META, meta_empty_database).upgrade()
    with meta_empty_engine.connect() as connection:
        assert not connection.dialect.has_table(connection, HISTORY.name)
