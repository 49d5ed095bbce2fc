"""Where there is no database, and no server."""

from __future__ import annotations

import socket
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from psycopg2 import sql
from sqlalchemy import text

from dataforeman_schema.connection import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings

VERSION_TABLE = """
CREATE TABLE alembic_version (
    version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY
)
"""
"""What a first revision that was rolled back leaves: Alembic goes on from there."""


@contextmanager
def absent_database(server: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """Name a database that is not there; drop what was made of it in the meantime."""
    settings = server.replace(dbname=f"dataforeman_test_{uuid4().hex}")
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(
        sql.Identifier(settings.database)
    )
    try:
        yield settings
    finally:
        execute(server.replace(dbname="template1"), drop)


def execute(settings: ConnectionSettings, statement: str | sql.Composable) -> None:
    """Run statements outside a transaction, on a connection of their own."""
    with closing(connect(settings)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


def query(settings: ConnectionSettings, statement: str) -> list[tuple[Any, ...]]:
    """Run a query and fetch its rows."""
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def unused_port() -> str:
    """Find a TCP port of this machine where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return str(unused.getsockname()[1])


def cut_off_who_waits(connection: Connection) -> None:
    """End the session that waits for a lock that this one has, once there is one."""
    wait_until_blocking(connection)
    waiting = text(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    assert connection.scalar(waiting)


def wait_until_blocking(connection: Connection) -> None:
    """Return when another session waits for a lock that this one has, within 60 s."""
    deadline = time.monotonic() + 60
    waiting = text(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    while not connection.scalar(waiting):
        assert time.monotonic() < deadline
        time.sleep(0.02)
