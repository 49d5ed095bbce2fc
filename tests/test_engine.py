"""`create_engine`: SQLAlchemy's own, led to where the settings say."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import sqlalchemy
from sqlalchemy import NullPool, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from dataforeman_schema.connection import ConnectionFailed
from dataforeman_schema.databases import META
from dataforeman_schema.engine import create_async_engine, create_engine
from dataforeman_schema.meta import Role, Unit
from dataforeman_schema.settings import read_settings

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

    AsyncDriver = Literal["psycopg", "asyncpg"]
    SyncDriver = Literal["psycopg2", "psycopg"]

NAME = text("SHOW application_name")
SENT = text("SELECT query FROM pg_stat_activity WHERE pid = :pid")


def test_the_program_is_named(meta_database: ConnectionSettings) -> None:
    """A session shows the name of the program, or the one that it is given."""
    given = {"application_name": "core-api", "options": "-c statement_timeout=7s"}
    plain = create_engine(meta_database, poolclass=NullPool)
    named = create_engine(meta_database, poolclass=NullPool, connect_args=given)
    with plain.connect() as connection:
        assert connection.scalar(NAME) == Path(sys.argv[0]).name
    with named.connect() as connection:
        assert connection.scalar(NAME) == "core-api"
        assert connection.scalar(text("SHOW statement_timeout")) == "7s"


def test_no_server(meta_server: ConnectionSettings) -> None:
    """A failure to connect is of SQLAlchemy's family and of ours, in one line."""
    settings = meta_server.replace(dbname="nowhere", password="secret")
    with (
        pytest.raises(OperationalError) as caught,
        create_engine(settings, poolclass=NullPool).connect(),
    ):
        pass
    assert isinstance(caught.value, ConnectionFailed)
    assert caught.value.no_database
    assert "nowhere" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_lists_go_in_batches(meta_database: ConnectionSettings) -> None:
    """A list of rows with ON CONFLICT is sent in batches, not row by row."""
    rows = [{"name": f"u{n}", "symbol": "u", "category": "x"} for n in range(250)]
    engine = create_engine(meta_database)
    with engine.connect() as connection, engine.connect() as other:
        connection.execute(insert(Unit).on_conflict_do_nothing(), rows)
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.rollback()
        connection.execute(insert(Unit).on_conflict_do_nothing(), rows)
        sent = other.scalar(SENT, {"pid": pid})
    engine.dispose()
    assert sent.count("INSERT INTO") > 1


DRIVERS = pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])


@DRIVERS
def test_asyncio(meta_database: ConnectionSettings, driver: AsyncDriver) -> None:
    """Both drivers get there by the settings, and show the program's name."""

    async def look() -> list[object]:
        engine = create_async_engine(meta_database, driver=driver, poolclass=NullPool)
        async with engine.connect() as connection:
            name = await connection.scalar(NAME)
            return [name, await connection.scalar(select(Role.name).limit(1))]

    name, role = asyncio.run(look())
    assert name == Path(sys.argv[0]).name
    assert role


@DRIVERS
def test_no_server_for_asyncio(
    meta_server: ConnectionSettings, driver: AsyncDriver
) -> None:
    """Both drivers fail alike, with a remedy."""
    settings = meta_server.replace(dbname="nowhere", password="secret")

    async def fail() -> None:
        engine = create_async_engine(settings, driver=driver, poolclass=NullPool)
        async with engine.connect():
            pass

    with pytest.raises(ConnectionFailed, match="nowhere") as caught:
        asyncio.run(fail())
    assert isinstance(caught.value, OperationalError)
    assert caught.value.no_database
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_urls(meta_database: ConnectionSettings, driver: SyncDriver) -> None:
    """The URL leads there by itself, a password of any kind and a socket in it."""
    settings = meta_database.replace(password="p@ss/w:rd%")
    engine = sqlalchemy.create_engine(settings.url(driver), poolclass=NullPool)
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT current_database()"))
    assert name == settings.database


def test_urls_of_several_hosts() -> None:
    """Each host has its port, and asyncpg gets what it knows."""
    settings = read_settings(META.variables, {"PGHOST": "a,b", "PGPORT": "6000"})
    url = settings.url("asyncpg")
    assert dict(url.query) == {"host": "a,b", "port": "6000,6000"}
    assert "connect_timeout" in settings.url("psycopg").query
