"""A SQLAlchemy engine on one of the databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy

from dataforeman_schema.connection import connect

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

_PLACE = ("user", "host", "port", "dbname")


def create_engine(
    settings: ConnectionSettings,
    **options: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> sqlalchemy.Engine:
    """Make an engine whose connections are opened from settings.

    Args:
        settings: Where the database is; every libpq keyword reaches libpq.
        options: Passed on to `sqlalchemy.create_engine`, such as `pool_size`.

    Returns:
        The engine; nothing is connected yet. Connecting raises `ConnectionFailed`,
        with cause and remedy, instead of the driver's error.
    """
    # The URL connects nobody: it tells people, and Alembic's `current -v`, where to.
    user, host, port, name = map(settings.keywords.get, _PLACE)
    url = sqlalchemy.URL.create(
        "postgresql+psycopg2",
        username=user,
        host=host,
        port=int(port) if port and port.isdecimal() else None,  # of several hosts
        database=name,
    )
    return sqlalchemy.create_engine(url, creator=lambda: connect(settings), **options)
