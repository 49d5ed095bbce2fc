"""A database of a moment, beside one of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg2 import sql

from dataforeman_schema.commands.wait import create_database, maintenance
from dataforeman_schema.connection import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


@contextmanager
def scratch_database(settings: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """Create an empty database for a block, which is dropped after it.

    Args:
        settings: Where another database of the same server is; the user needs
            CREATEDB.

    Yields:
        Where the new one is.

    Raises:
        ConnectionFailed: The server cannot be reached.
        SchemaError: The server does not let the user create it.
    """
    scratch = settings.replace(dbname=f"dataforeman_revision_{uuid4().hex}")
    create_database(scratch)
    try:
        yield scratch
    finally:
        _drop(scratch)


def _drop(settings: ConnectionSettings) -> None:
    with connected(maintenance(settings)) as connection:
        connection.autocommit = True
        name = sql.Identifier(settings.database)
        # TimescaleDB's own workers may be in it.
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)
        with connection.cursor() as cursor:
            cursor.execute(drop)
