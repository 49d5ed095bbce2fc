"""SQLAlchemy engines on one of the databases."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlencode

import sqlalchemy
from psycopg2 import OperationalError
from psycopg2.extensions import make_dsn

from dataforeman_schema.connection import (
    ConnectionFailed,
    connect,  # noqa: TID251 - applications find names as their roles do
    explain,
)
from dataforeman_schema.errors import require_extra
from dataforeman_schema.pinning import PINNED_ENGINE

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812
    from sqlalchemy.ext.asyncio import AsyncEngine

    from dataforeman_schema.settings import ConnectionSettings

    _Arguments = dict[str, Any]

_OF_ASYNCPG: Final = (
    *("host", "port", "user", "password", "dbname", "passfile", "target_session_attrs"),
    *("sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl"),
)
"""The keywords of libpq that asyncpg knows, too."""


class EngineConnectionFailed(ConnectionFailed, sqlalchemy.exc.OperationalError):
    """A `ConnectionFailed` for those who handle SQLAlchemy's errors, too."""

    def __init__(self, failed: ConnectionFailed) -> None:
        sqlalchemy.exc.OperationalError.__init__(
            self, None, None, OperationalError(str(failed))
        )
        self.may_pass = failed.may_pass
        self.no_database = failed.no_database

    def __str__(self) -> str:
        """Return cause and remedy alone: no statement was run."""
        return str(self.orig)


def create_engine(
    settings: ConnectionSettings,
    *,
    connect_args: dict[str, Any] | None = None,
    **options: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> sqlalchemy.Engine:
    """Make an engine whose connections are opened from settings, by psycopg2.

    Lists of rows are inserted in batches, also with ``on_conflict_do_nothing()``.
    ``pg_stat_activity`` shows the program's name, unless PGAPPNAME or
    ``connect_args={"application_name": …}`` give another.

    Args:
        settings: Where the database is; every libpq keyword reaches libpq.
        connect_args: Further arguments of `psycopg2.connect`; they win over settings.
        options: Passed on to `sqlalchemy.create_engine`, such as `pool_size`.

    Returns:
        The engine; nothing is connected yet. Connecting raises
        `EngineConnectionFailed`, with cause and remedy: a `ConnectionFailed`, and an
        `sqlalchemy.exc.OperationalError`.
    """
    named, further = _named(settings), connect_args or {}

    def open_connection() -> Psycopg2Connection:
        try:
            return connect(named, **further)
        except ConnectionFailed as error:
            raise EngineConnectionFailed(error) from None

    # The URL connects nobody: it tells people, and Alembic's `current -v`, where to.
    url = settings.url("psycopg2").set(password=None)
    options = {"executemany_mode": "values_plus_batch", **options}
    return sqlalchemy.create_engine(url, creator=open_connection, **options)  # noqa: TID251 - the one place


def connect_pinned(
    settings: ConnectionSettings,
    **options: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> sqlalchemy.Connection:
    """Open the connection of a command: the names of queries are pinned from the first.

    SQLAlchemy asks a few things itself as soon as it is connected.

    Args:
        settings: Where the database is.
        options: Passed on to `sqlalchemy.create_engine`.

    Returns:
        The connection; closing it ends the session.

    Raises:
        EngineConnectionFailed: The database cannot be reached.
    """
    pinned = {**PINNED_ENGINE, "poolclass": sqlalchemy.NullPool}
    return create_engine(settings, **pinned, **options).connect()


def create_async_engine(
    settings: ConnectionSettings,
    *,
    driver: Literal["psycopg", "asyncpg"] = "psycopg",
    connect_args: dict[str, Any] | None = None,
    **options: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> AsyncEngine:
    """Make an asyncio engine whose connections are opened from settings.

    It needs the extra ``async``, and asyncpg where that is the driver.

    Args:
        settings: Where the database is. To psycopg every libpq keyword is known; to
            asyncpg those that say where and who, and how TLS is spoken.
        driver: Psycopg 3, or asyncpg.
        connect_args: Further arguments of the driver's ``connect``; they win.
        options: Passed on to `sqlalchemy.ext.asyncio.create_async_engine`.

    Returns:
        The engine; nothing is connected yet. Connecting raises
        `EngineConnectionFailed`, as `create_engine` says.

    Raises:
        SchemaError: The driver, or what asyncio needs, is not installed.
    """
    require_extra("async" if driver == "psycopg" else "asyncpg", driver, "greenlet")
    from sqlalchemy.ext import asyncio  # noqa: PLC0415 - an extra brings what it needs

    opener = _open_psycopg if driver == "psycopg" else _open_asyncpg
    url = settings.url(driver).set(password=None)
    return asyncio.create_async_engine(
        url,
        async_creator=partial(opener, _named(settings), connect_args or {}),
        **options,
    )


async def _open_psycopg(settings: ConnectionSettings, further: _Arguments) -> object:
    from psycopg import AsyncConnection, Error  # noqa: PLC0415

    try:
        conninfo = make_dsn(**settings.keywords)
        return await AsyncConnection.connect(conninfo, **further)
    except Error as error:
        raise EngineConnectionFailed(explain(str(error), settings)) from None


async def _open_asyncpg(settings: ConnectionSettings, further: _Arguments) -> object:
    from asyncpg import InterfaceError, PostgresError, connect  # noqa: PLC0415

    keywords = settings.keywords
    place = {key: value for key in _OF_ASYNCPG if (value := keywords.get(key))}
    place["host"] = settings.host
    arguments = {
        "timeout": float(keywords["connect_timeout"]),
        "server_settings": {
            "application_name": keywords.get("application_name")
            or keywords["fallback_application_name"],
            "options": keywords.get("options", ""),
        },
    }
    try:
        return await connect(f"postgresql://?{urlencode(place)}", **arguments | further)
    except (InterfaceError, OSError, PostgresError) as error:
        sqlstate = getattr(error, "sqlstate", None)
        raise EngineConnectionFailed(explain(str(error), settings, sqlstate)) from None


def _named(settings: ConnectionSettings) -> ConnectionSettings:
    return settings.replace(fallback_application_name=Path(sys.argv[0]).name)
