"""Opening a connection, and saying in one line why it cannot be opened."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from psycopg2.extensions import make_dsn

from dataforeman_schema.causes import find_cause
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.pinning import PinnedCursor
from dataforeman_schema.printable import quote_on_line
from dataforeman_schema.signals import cancel_on_signals
from dataforeman_schema.sqlstate import ask_sqlstate, is_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings


MAINTENANCE_DATABASES = ("postgres", "template1")
"""Databases that every server has, from which another can be seen and created."""

DATABASE_QUERY = "SELECT FROM pg_database WHERE datname = %s"
"""Finds a row if a server has a database."""


_CURES: Final = {
    "2BP01": "have what depends on it do without",
    "53100": "make room on the server's disk",
    "53200": "give the server more memory, or end what else uses it",
    "53400": "raise the limit that the server names",
    "58030": "look after the server's disk, of which its log tells,",
}
"""What to do about what a server refuses or ran out of, by SQLSTATE."""


class ConnectionFailed(SchemaError):  # noqa: N818 - says what happened
    """No connection to a database could be opened.

    Attributes:
        may_pass: Whether trying again can help: the server may be starting, for
            example, while a wrong password stays wrong.
        no_database: Whether the server answered, but has no such database.
    """

    def __init__(
        self, message: str, *, may_pass: bool, no_database: bool = False
    ) -> None:
        super().__init__(message)
        self.may_pass = may_pass
        self.no_database = no_database


def connect(
    settings: ConnectionSettings,
    **further: Any,  # noqa: ANN401 - psycopg2's own
) -> Psycopg2Connection:
    """Open a connection that finds names as its role does: for an application's own.

    What a command asks of a database, it asks over `connected` or `reading`.

    Args:
        settings: Where the database is.
        further: Arguments of `psycopg2.connect`, which win over the settings.

    Returns:
        The connection; the caller closes it.

    Raises:
        ConnectionFailed: The server could not be reached or turned us away.
    """
    try:
        connection: Psycopg2Connection = psycopg2.connect(  # noqa: TID251 - the one place
            make_dsn(**settings.keywords), **further
        )
    except psycopg2.Error as error:
        raise explain(str(error), settings) from None
    cancel_on_signals(connection)
    return connection


@contextmanager
def reading(settings: ConnectionSettings) -> Iterator[Psycopg2Connection]:
    """Open a connection for a block that changes nothing there, and close it then.

    Args:
        settings: Where the database is.

    Yields:
        The connection, the names of queries pinned, whose transactions may only read.

    Raises:
        ConnectionFailed: It could not be opened.
    """
    with closing(connect(settings, cursor_factory=PinnedCursor)) as connection:
        connection.readonly = True
        yield connection


@contextmanager
def connected(settings: ConnectionSettings) -> Iterator[Psycopg2Connection]:
    """Open a connection for a block, the names of queries pinned, and close it then.

    Args:
        settings: Where the database is.

    Yields:
        The connection.

    Raises:
        ConnectionFailed: It could not be opened, or it was lost in the block.
    """
    connection = connect(settings, cursor_factory=PinnedCursor)
    try:
        yield connection
    except psycopg2.Error as error:
        if connection.closed:
            raise lost(settings, error) from error
        raise
    finally:
        connection.close()


def connect_again(connection: Psycopg2Connection) -> Psycopg2Connection:
    """Open another connection to where one leads, the names of queries pinned.

    Raises:
        psycopg2.Error: The server turns it away.
    """
    dsn = make_dsn(**parameters_in_use(connection))
    return psycopg2.connect(dsn, cursor_factory=PinnedCursor)  # noqa: TID251 - it was explained once


def parameters_in_use(connection: Psycopg2Connection) -> dict[str, str]:
    """Tell the parameters of libpq by which a connection was made, password included.

    Of several hosts it is the one that was reached, and what came from the environment
    or a service file is there, too.
    """
    info = connection.info
    given = info.dsn_parameters
    hosts, addresses = (given.get(key, "").split(",") for key in ("host", "hostaddr"))
    reached = hosts.index(info.host) if info.host in hosts else 0
    there = {
        "host": info.host,
        "hostaddr": addresses[min(reached, len(addresses) - 1)],
        "port": str(info.port),
        "password": info.password,
    }
    return {key: value for key, value in {**given, **there}.items() if value}


def lost(place: object, reason: object) -> ConnectionFailed:
    """Say that an open connection ended, because its server did or was told to.

    Args:
        place: Where it led to: settings, or words.
        reason: What the driver says.

    Returns:
        An error to raise; what was not committed is undone, and trying again can help.
    """
    return ConnectionFailed(
        f"the connection to {place} was lost: {one_line(str(reason))}; "
        "run the command again when the server is back",
        may_pass=True,
    )


def refused(
    doing: str,
    place: object,
    error: BaseException | None,
    *,
    lost_now: object,
    remedy: str | None = None,
) -> SchemaError:
    """Say that a server refused something, or that the connection to it ended.

    Args:
        doing: What could not be done, in words.
        place: Where the connection led to: settings, or words.
        error: What the driver raised.
        lost_now: Whether the connection is gone.
        remedy: What to do about it; None: what its SQLSTATE says.

    Returns:
        An error to raise.
    """
    if lost_now:
        return lost(place, error)
    return SchemaError(f"{doing}: {reason(error)}; {remedy or cure(error)}")


def cure(error: BaseException | None) -> str:
    """Say what to do about what a server lacks or refuses."""
    sqlstate = getattr(error, "pgcode", None) or ""
    return f"{_CURES.get(sqlstate, 'mend the cause')} and run the command again"


def explain(
    message: str, settings: ConnectionSettings, sqlstate: str | None = None
) -> ConnectionFailed:
    """Say why no connection could be opened, and what to do about it.

    Args:
        message: What the server or the driver says.
        settings: Where the database is.
        sqlstate: That of the message, where the driver keeps it. Otherwise a server
            that refused us is asked for it: its words may be of any language.

    Returns:
        An error to raise.
    """
    if sqlstate is None and is_refusal(message):
        timeout_s = float(settings.keywords["connect_timeout"])
        sqlstate = ask_sqlstate(make_dsn(**settings.keywords), timeout_s)
    cause = find_cause(message, sqlstate)
    in_sql = {key: _in_sql(settings.keywords[key]) for key in ("user", "dbname")}
    remedy = cause.remedy.format_map({**settings.keywords, **in_sql, **settings.names})
    return ConnectionFailed(
        f"cannot connect to {settings}: {one_line(message)}; {remedy}",
        may_pass=cause.may_pass,
        no_database=cause.no_database,
    )


def reason(error: BaseException | None) -> str:
    """Say what a server says of a failure, with its DETAIL and HINT.

    A hint to drop what depends on something is left out: nothing of anybody's goes.

    Args:
        error: The driver's error, or any other.

    Returns:
        One line.
    """
    parts = [one_line(str(error))]
    if isinstance(error, psycopg2.Error):
        hint = error.diag.message_hint or ""
        parts += [error.diag.message_detail or "", "" if "CASCADE" in hint else hint]
    return "; ".join(", ".join(part.split("\n")).rstrip(".") for part in parts if part)


def _in_sql(name: str) -> str:
    """Quote a name where SQL may demand it; a remedy is copied as it is."""
    plain = re.fullmatch("[a-z_][a-z0-9_]*", name)
    return name if plain else quote_on_line(name)


def one_line(message: str) -> str:
    """Keep the server's own reason, or else what libpq said first.

    Args:
        message: What libpq or the driver says, perhaps of several servers.

    Returns:
        One line without the place that it begins with.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    text = next((line for line in lines if "FATAL:" in line), (lines or [message])[0])
    text = re.sub("^connection to server .*? failed: ", "", text)
    return text.removeprefix("FATAL:").strip()
