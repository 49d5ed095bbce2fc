"""Where names are found in the sessions of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg2.errors import UndefinedTable
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from dataforeman_schema.alembic_env.home import (
    making,
    pinned,
    recorded_heads,
    unpinned,
)
from dataforeman_schema.catalog import scratch_schema
from dataforeman_schema.databases import META
from tests.alembic_env.test_lock_retry import add_revisions
from tests.commands import alembic, variables
from tests.commands.test_attacker import attacker
from tests.trees import following

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from dataforeman_schema.settings import ConnectionSettings

PATH = text("SELECT current_setting('search_path')")
PRINTED = text("SELECT CAST(:name AS regclass)::text")


def test_pinned_names(meta_engine: Engine) -> None:
    """A query finds names in pg_catalog, and prints by the path of its session."""
    with meta_engine.connect() as connection:
        before = connection.scalar(PATH)
        with pinned(connection):
            assert connection.scalar(PRINTED, {"name": "roles"}) == "roles"
            assert connection.scalar(PATH) == before
            with pytest.raises(ProgrammingError) as raised, connection.begin_nested():
                connection.execute(text("SELECT FROM roles"))
            assert isinstance(raised.value.orig, UndefinedTable)
            assert connection.scalar(PATH) == before
            with unpinned(connection):
                connection.execute(text("SELECT FROM roles"))
        connection.rollback()
        connection.execute(text("SELECT FROM roles"))


def test_pinned_changes(meta_engine: Engine) -> None:
    """A change that says the schema of its table runs pinned, and counts its rows."""
    with meta_engine.connect() as connection, pinned(connection):
        before = connection.scalar(PATH)
        changed = connection.execute(text("UPDATE public.roles SET name = name"))
        assert changed.rowcount == 2
        assert connection.scalar(PATH) == before
        made = text("INSERT INTO public.roles (name) VALUES ('more') RETURNING name")
        assert connection.scalar(made) == "more"
        assert connection.scalar(PATH) == before
        connection.execute(text("INSERT INTO public.roles (name) VALUES ('other')"))
        assert connection.scalar(PATH) == before
        copied = connection.execute(
            text("INSERT INTO public.roles (name) SELECT name || '2' FROM public.roles")
        )
        assert copied.rowcount == 4
        assert connection.scalar(PATH) == before
        # What was queried before is not in use.
        connection.execute(text("SELECT FROM public.jobs"))
        connection.execute(text("ALTER TABLE jobs ADD COLUMN more integer"))
        connection.rollback()


def test_scratch_schema_is_apart(meta_engine: Engine) -> None:
    """A statement on a table that nothing made there does not find the real one."""
    with meta_engine.connect() as connection, pinned(connection):
        before = connection.scalar(PATH)
        with scratch_schema(connection) as schema:
            with making(connection):
                connection.execute(text("CREATE TABLE roles (id integer)"))
                with pytest.raises(ProgrammingError), connection.begin_nested():
                    connection.execute(text("ALTER TABLE jobs ADD COLUMN more integer"))
            found = connection.scalar(text("SELECT to_regclass('roles')::text"))
            assert found == "roles"
            assert str(connection.scalar(PATH)).startswith(f"{schema}, ")
        assert connection.scalar(PATH) == before


def test_overloads_that_come_meanwhile(
    checkout: Path, meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """What another role makes while a revision runs keeps the next from running."""
    with attacker(meta_database) as role:
        made = "CREATE FUNCTION public.lower(name) RETURNS name RETURN $1"
        add_revisions(
            checkout,
            f"SET ROLE {role}; {made}; RESET ROLE; SELECT pg_sleep(0.2)",
            "CREATE TABLE nobody_makes ()",
        )
        result = alembic("-n", "meta", "upgrade", "head", **variables(meta_database))
        assert "a revision would run the function lower(name)" in result.stderr
    with meta_engine.connect() as connection:
        assert recorded_heads(connection) == (following(META, 1),)
