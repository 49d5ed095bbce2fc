"""Who keeps a migration waiting."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import Engine, NullPool, text
from sqlalchemy.exc import OperationalError

from dataforeman_schema.alembic_env.blockers import monitor_blockers
from dataforeman_schema.databases import META
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from tests.commands.places import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


@contextmanager
def session(engine: Engine, name: str, *statements: str) -> Iterator[None]:
    """Leave a transaction open in a session with a name."""
    with engine.connect() as connection:
        connection.execute(text(f"SET application_name = '{name}'"))
        for statement in statements:
            connection.execute(text(statement))
        yield


def blockers(engine: Engine, statement: str) -> str:
    """Wait in vain for a lock and say who was seen to hold it."""
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '1s'"))
        with monitor_blockers(connection, 0.1) as seen, pytest.raises(OperationalError):
            connection.execute(text(statement))
    return seen.blockers


def test_a_table_that_the_statement_does_not_name(meta_engine: Engine) -> None:
    """Who holds a table that a dropped one refers to is named, and nobody else."""
    with (
        session(meta_engine, "reader", "SELECT FROM units_of_measure"),
        session(meta_engine, "innocent", "CREATE TABLE tag ()", "TABLE tag"),
    ):
        named = blockers(meta_engine, "DROP TABLE tag_metadata CASCADE")
    assert "(reader, in a transaction since 2" in named
    assert named.endswith(" holding units_of_measure")
    assert "innocent" not in named


def test_only_who_is_in_the_way(meta_engine: Engine) -> None:
    """A session that only reads does not block an index, and is not named."""
    with (
        session(meta_engine, "reader", "SELECT FROM jobs"),
        session(meta_engine, "writer", "LOCK TABLE jobs IN ROW EXCLUSIVE MODE"),
    ):
        named = blockers(meta_engine, "CREATE INDEX i ON jobs (id)")
    assert "(writer, in a transaction since 2" in named
    assert named.endswith(" holding jobs")
    assert "reader" not in named


def test_nobody_in_sight(meta_engine: Engine) -> None:
    """A session that is gone in time is not made up."""
    with (
        meta_engine.connect() as connection,
        monitor_blockers(connection, 0.01) as seen,
    ):
        connection.execute(text("SELECT pg_sleep(0.2)"))
    assert seen.blockers == "a session that was gone before it was seen"


def test_no_connection_to_spare(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """Where nobody could look, that is said, and nothing of the session."""
    role = f"dataforeman_test_{uuid4().hex}"
    login = f"CREATE ROLE {role} LOGIN PASSWORD 'change-me' CONNECTION LIMIT 1"
    execute(meta_database, f"{login}; GRANT ALL ON jobs TO {role}")
    alone = meta_database.replace(user=role, password="change-me")
    try:
        with session(meta_engine, "reader", "SELECT FROM jobs"):
            engine = create_engine(alone, poolclass=NullPool)
            named = blockers(engine, "LOCK TABLE jobs")
    finally:
        execute(meta_database, f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert named.startswith("a session that could not be named (")
    assert "too many connections for role" in named


def test_prepared_transaction() -> None:
    """A prepared transaction, which has no session, is named by its identifier."""
    with throwaway_folder() as folder:
        server = EmbeddedPostgres(folder, durable=False)
        settings = read_settings(META.variables, {}).replace(**server.params)
        with server:
            execute(settings, "ALTER SYSTEM SET max_prepared_transactions = 1")
        with server:
            execute(settings, "CREATE TABLE jobs ()")
            prepare = "SELECT FROM jobs; PREPARE TRANSACTION 'lost one'"
            execute(settings, f"BEGIN; {prepare}")
            engine = create_engine(settings, poolclass=NullPool)
            named = blockers(engine, "DROP TABLE jobs")
    assert named == "the prepared transaction 'lost one' holding jobs"
