"""Waiting for a server, and creating a database there, or dropping it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import psycopg2
from psycopg2 import sql
from psycopg2.errors import (
    DuplicateDatabase,
    ObjectInUse,
    ReadOnlySqlTransaction,
    UniqueViolation,
)

from dataforeman_schema.connection import (
    DATABASE_QUERY,
    MAINTENANCE_DATABASES,
    ConnectionFailed,
    connected,
    cure,
    reason,
)
from dataforeman_schema.databases import TIMESCALEDB_QUERY, OfferedTimescale
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.printable import quote_on_line
from dataforeman_schema.read_only import READ_ONLY_QUERY, ReadOnly
from dataforeman_schema.waiting import retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

LONGEST_NAME = 63
"""Bytes of a name; of a longer one the server would create the beginning."""

T = TypeVar("T")


class Wait:
    """How long a server may stay away: once, however many attempts that takes.

    The time runs from the first attempt that fails.

    Args:
        wait_s: The longest wait, in seconds.
        report: Told after each failure what is wrong and the seconds that are left.
    """

    def __init__(self, wait_s: float, report: Callable[[str, float], None]) -> None:
        self._wait_s = wait_s
        self._report = report
        self._deadline: float | None = None

    def retry(self, attempt: Callable[[], T]) -> T:
        """Try to connect until it works, fails for good, or has taken too long.

        Args:
            attempt: Connects; what it returns is returned.

        Raises:
            ConnectionFailed: The last failure: waiting would not help, or did not.
        """
        return retry(attempt, ConnectionFailed, self._pause, (0.1, 0.2, 0.5, 1.0))

    def _pause(self, error: ConnectionFailed, pause: float) -> float:
        left = self._left()
        if not error.may_pass or left <= 0:
            raise error
        self._report(str(error), left)
        return min(pause, left)

    def _left(self) -> float:
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._wait_s
        return self._deadline - now


def wait_for_databases(
    databases: Iterable[Database], progress: Progress, wait_s: float
) -> None:
    """Wait until databases answer; nothing is changed.

    Args:
        databases: Those that are waited for, one after the other.
        progress: Told what is waited for, and what answers.
        wait_s: The longest wait for all of them together, in seconds.

    Raises:
        ConnectionFailed: One did not answer in time, or waiting for it would not help.
        SchemaError: A setting cannot be right.
    """
    wait = Wait(wait_s, progress.wait)
    places = [(database, database.settings()) for database in databases]
    for database, settings in places:
        wait.retry(partial(_answer, settings))
        progress.say(f"{database.title}: {settings} answers")


def _answer(settings: ConnectionSettings) -> None:
    try:
        with connected(settings):
            pass
    except ConnectionFailed as error:
        # A server that starts for the first time creates it a little later.
        error.may_pass = error.may_pass or error.no_database
        raise


def create_database(settings: ConnectionSettings) -> bool:
    """Create a database if its server does not have it.

    Two processes may do this at once: one of them creates it.

    Args:
        settings: Where the database should be; the user needs CREATEDB.

    Returns:
        Whether this call created it.

    Raises:
        ConnectionFailed: The server went away, or other sessions use the database that
            every new one is a copy of; trying again can help.
        SchemaError: The server does not let the user create it.
    """
    if len(settings.database.encode()) > LONGEST_NAME:
        raise SchemaError(
            f"{settings.database} is too long for a database's name; set "
            f"{settings.names['DBNAME']} to at most {LONGEST_NAME} bytes"
        )
    try:
        with connected(maintenance(settings)) as connection:
            return _create(connection, settings)
    except (psycopg2.Error, ConnectionFailed) as error:
        if isinstance(error, ConnectionFailed) and error.may_pass:
            raise
        raise SchemaError(
            f"cannot create the database {settings.database}: {reason(error)}; "
            f"{_remedy(settings, error)}"
        ) from error


def drop_database(settings: ConnectionSettings) -> None:
    """Drop a database with all that is in it, and end the sessions that use it.

    Args:
        settings: Where the database is.

    Raises:
        ConnectionFailed: The server went away.
    """
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with connected(maintenance(settings)) as connection:
        connection.autocommit = True
        connection.cursor().execute(drop.format(sql.Identifier(settings.database)))


def offered_timescaledb(settings: ConnectionSettings) -> OfferedTimescale:
    """Ask a server that lacks a database what it would have of TimescaleDB there.

    Args:
        settings: Where the database should be.

    Returns:
        What it offers; all where nobody can ask, as to create it fails too then.

    Raises:
        ConnectionFailed: The server went away; trying again can help.
    """
    try:
        with connected(maintenance(settings)) as connection:
            cursor = connection.cursor()
            cursor.execute(TIMESCALEDB_QUERY)
            found = cursor.fetchone()
            return OfferedTimescale(*found) if found else OfferedTimescale()
    except ConnectionFailed as error:
        if error.may_pass:
            raise
        return OfferedTimescale(available="unknown")


def maintenance(settings: ConnectionSettings) -> ConnectionSettings:
    """Name the database of a server from which others are created and dropped.

    Raises:
        ConnectionFailed: The server cannot be reached; trying again can help.
    """
    first, second = (settings.replace(dbname=name) for name in MAINTENANCE_DATABASES)
    try:
        with connected(first):
            pass
    except ConnectionFailed as error:
        if error.may_pass:
            raise
        return second
    return first


def _remedy(settings: ConnectionSettings, error: Exception) -> str:
    """Say who could create the database, unless nobody can."""
    if isinstance(error, psycopg2.OperationalError):
        return cure(error)
    name, owner = settings.database, settings.keywords["user"]
    either = "or " if isinstance(error, ConnectionFailed) else ""
    return (
        f"{either}have it created with CREATE DATABASE {quote_on_line(name)} OWNER "
        f"{quote_on_line(owner)}"
    )


def _create(connection: Psycopg2Connection, settings: ConnectionSettings) -> bool:
    name = settings.database
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(DATABASE_QUERY, [name])
        if cursor.rowcount:
            return False
        try:
            cursor.execute(_creation(connection).format(sql.Identifier(name)))
        except (DuplicateDatabase, UniqueViolation):
            return False  # another process was faster
        except ReadOnlySqlTransaction as error:
            cursor.execute(READ_ONLY_QUERY)
            why = ReadOnly(*cursor.fetchall()[0])
            place = f"the server of {settings}"
            raise why.refusal(place, settings.variables) from error
        except ObjectInUse as error:
            raise ConnectionFailed(
                f"cannot create the database {name}: {reason(error)}; end the "
                "sessions there",
                may_pass=True,
            ) from error
    return True


def _creation(connection: Psycopg2Connection) -> sql.SQL:
    """Write the statement; a database that cannot hold every character is no use."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), current_database() = datname"
            " FROM pg_database WHERE datname = 'template1'"
        )
        encoding, is_here = cursor.fetchone() or ("", False)
    if encoding != "UTF8":
        return sql.SQL(
            "CREATE DATABASE {} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
            " TEMPLATE template0"
        )
    # Sessions in the template, such as this one, would be in each other's way.
    return sql.SQL("CREATE DATABASE {}" + " TEMPLATE template0" * is_here)
