"""Tables of the one database that stand in the other by mistake.

Up to v0.3 the application's start script ran the telemetry migrations against the
metadata database, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from dataforeman_schema.alembic_env.accepted import SET_ASIDE
from dataforeman_schema.alembic_env.home import quoted_schema
from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.databases import DATABASES

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database


class Stray(NamedTuple):
    """A table of the other database.

    Attributes:
        name: Its name.
        rows: How many rows it has.
    """

    name: str
    rows: int


def find_strays(
    connection: Connection, database: Database, tables: Collection[str]
) -> list[Stray]:
    """Find the tables of the other database, unless it is the same one.

    Args:
        connection: A connection to it.
        database: Which of the two it is.
        tables: The names of its tables.
    """
    [other] = [each for each in DATABASES.values() if each is not database]
    ours = database.metadata().tables.keys()
    names = sorted(set(tables) & (other.metadata().tables.keys() - ours))
    return [Stray(name, _rows(connection, name)) for name in names]


def _rows(connection: Connection, name: str) -> int:
    place = f"{quoted_schema(connection)}.{quote(name)}"
    query = f"SELECT count(*) FROM {place}"  # noqa: S608 - quoted
    return connection.scalar(text(query)) or 0


def set_aside(connection: Connection, strays: list[Stray]) -> None:
    """Move empty tables to a schema of their own, in the caller's transaction."""
    if strays:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SET_ASIDE}"))
    for stray in strays:
        move = f"ALTER TABLE {quote(stray.name)} SET SCHEMA {SET_ASIDE}"
        connection.execute(text(move))
