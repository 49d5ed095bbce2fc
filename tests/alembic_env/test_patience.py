"""Tables that other sessions hold."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, inspect, text

from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.databases import META
from dataforeman_schema.testing import Migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


@contextmanager
def held_table(engine: Engine, table: str, for_s: float = 60) -> Iterator[None]:
    """Let another session read a table in a transaction that it leaves open."""
    with engine.connect() as connection:
        connection.execute(text("SET application_name = 'forgotten psql'"))
        connection.execute(text(f"LOCK TABLE {table} IN ACCESS SHARE MODE"))
        end = threading.Timer(for_s, connection.rollback)
        end.start()
        yield
        end.cancel()
        end.join()


def downgrade(settings: ConnectionSettings, options: Options) -> None:
    """Drop every table, which needs each of them for itself."""
    config = Migrations(META, settings).config()
    config.attributes["options"] = options
    command.downgrade(config, "base")


def test_waits_for_a_table(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A table that another session gives back in time only delays a migration."""
    with held_table(meta_engine, "jobs", for_s=3):
        downgrade(meta_database, Options(lock_timeout=0.2))
    assert not inspect(meta_engine).has_table("jobs")


def test_gives_up_and_names_the_session(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A table that stays locked ends a migration in time, with nothing half done."""
    before = sorted(inspect(meta_engine).get_table_names())
    with (
        held_table(meta_engine, "jobs"),
        pytest.raises(
            CommandError, match=r"locked for 1 s by pid \d+ \(forgotten psql"
        ),
    ):
        downgrade(meta_database, Options(lock_wait=1, lock_timeout=0.1))
    assert sorted(inspect(meta_engine).get_table_names()) == before


def test_statement_timeout(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """A statement that runs for longer than it may is ended, not tried again."""
    config = Migrations(META, meta_empty_database).config()
    config.attributes["options"] = Options(statement_timeout=0.001)
    with pytest.raises(CommandError, match="statement timeout"):
        command.upgrade(config, "head")
    assert "users" not in inspect(meta_empty_engine).get_table_names()
