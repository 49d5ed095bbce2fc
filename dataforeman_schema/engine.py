"""A SQLAlchemy engine on one of the databases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from psycopg2 import OperationalError

from dataforeman_schema.connection import ConnectionFailed, connect

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings

_PLACE = ("user", "host", "port", "dbname")


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
    """Make an engine whose connections are opened from settings.

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
    named = settings.replace(fallback_application_name=Path(sys.argv[0]).name)
    further = connect_args or {}

    def open_connection() -> Psycopg2Connection:
        try:
            return connect(named, **further)
        except ConnectionFailed as error:
            raise EngineConnectionFailed(error) from None

    options = {"executemany_mode": "values_plus_batch", **options}
    return sqlalchemy.create_engine(_url(settings), creator=open_connection, **options)


def _url(settings: ConnectionSettings) -> sqlalchemy.URL:
    """Tell people, and Alembic's `current -v`, where to; it connects nobody."""
    user, host, port, name = map(settings.keywords.get, _PLACE)
    return sqlalchemy.URL.create(
        "postgresql+psycopg2",
        username=user,
        host=host,
        port=int(port) if port and port.isdecimal() else None,  # of several hosts
        database=name,
    )
