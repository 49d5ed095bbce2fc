"""Opening a connection, and saying in one line why it cannot be opened."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg2
from psycopg2.extensions import make_dsn

from dataforeman_schema.errors import SchemaError
from dataforeman_schema.signals import cancel_on_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings, Variables


MAINTENANCE_DATABASES = ("postgres", "template1")
"""Databases that every server has, from which another can be seen and created."""

DATABASE_QUERY = "SELECT FROM pg_database WHERE datname = %s"
"""Finds a row if a server has a database."""


SET_SEARCH_PATH = """
SELECT set_config('search_path', concat_ws(', ', ours,
                  nullif(current_setting('search_path'), ''), timescaledb), false)
FROM (SELECT
    (SELECT quote_ident(nspname)
     FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
     WHERE pg_class.oid = to_regclass('alembic_version')
     AND nspname <> current_schema()) AS ours,
    (SELECT quote_ident(nspname)
     FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace
     WHERE extname = 'timescaledb' AND nspname <> ALL (current_schemas(true))
    ) AS timescaledb
) AS away WHERE ours IS NOT NULL OR timescaledb IS NOT NULL
"""
"""Makes the schema of our tables the current one, and finds TimescaleDB in any other.

A schema that is named like the user, made for something else, comes before theirs; a
database may keep its extensions in a schema of their own.
"""


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
    """Open a connection.

    Args:
        settings: Where the database is.
        further: Arguments of `psycopg2.connect`, which win over the settings.

    Returns:
        The connection; the caller closes it.

    Raises:
        ConnectionFailed: The server could not be reached or turned us away.
    """
    try:
        connection: Psycopg2Connection = psycopg2.connect(
            make_dsn(**settings.keywords), **further
        )
    except psycopg2.Error as error:
        raise explain(str(error), settings) from None
    cancel_on_signals(connection)
    return connection


@contextmanager
def connected(settings: ConnectionSettings) -> Iterator[Psycopg2Connection]:
    """Open a connection for a block and close it afterwards.

    Args:
        settings: Where the database is.

    Yields:
        The connection.

    Raises:
        ConnectionFailed: It could not be opened, or it was lost in the block.
    """
    connection = connect(settings)
    try:
        yield connection
    except psycopg2.Error as error:
        if connection.closed:
            raise lost(settings, error) from error
        raise
    finally:
        connection.close()


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
    remedy: str = "mend that and run the command again",
) -> SchemaError:
    """Say that a server refused something, or that the connection to it ended.

    Args:
        doing: What could not be done, in words.
        place: Where the connection led to: settings, or words.
        error: What the driver raised.
        lost_now: Whether the connection is gone.
        remedy: What to do about it.

    Returns:
        An error to raise.
    """
    if lost_now:
        return lost(place, error)
    return SchemaError(f"{doing}: {reason(error)}; {remedy}")


def read_only(place: object, variables: Variables) -> SchemaError:
    """Say that nothing can be written there, and how to get to the primary.

    Args:
        place: What cannot be written, in words.
        variables: The variables that led there.

    Returns:
        An error to raise.
    """
    return SchemaError(
        f"{place} is read-only, perhaps a standby; point {variables.prefix}HOST at the "
        f"primary, or name all servers in {variables.url} with "
        "?target_session_attrs=read-write"
    )


class _Cause(NamedTuple):
    """Words of libpq or the server, what to do about them, and what they tell."""

    words: str
    remedy: str
    may_pass: bool = False
    no_database: bool = False


_NO_DATABASE = _Cause(
    r'database ".*" does not exist',
    "create it (CREATE DATABASE {dbname}, or dataforeman-schema upgrade) or set "
    "{DBNAME}",
    no_database=True,
)
_OTHER_WORDS = _Cause(
    r"", "mend what the server says, or set {HOST} and {PORT} to another", may_pass=True
)
"""What no other cause explains, such as the words of a server in another language."""

_CAUSES = (
    _NO_DATABASE,
    _Cause(
        r"password authentication failed|no password supplied",
        "set {PASSWORD} to the password of {user}",
    ),
    _Cause(
        r"authentication failed|no pg_hba.conf entry|pg_hba.conf rejects",
        "allow {user} from here in the server's pg_hba.conf, or set {USER} or {HOST}",
    ),
    _Cause(r'role ".*" does not exist', "create the role or set {USER}"),
    _Cause(r"is not permitted to log in", "ALTER ROLE {user} LOGIN, or set {USER}"),
    _Cause(
        r"permission denied for database",
        "GRANT CONNECT ON DATABASE {dbname} TO {user}, or set {USER}",
    ),
    _Cause(
        r"not currently accepting connections",
        "ALTER DATABASE {dbname} WITH ALLOW_CONNECTIONS true",
    ),
    _Cause(
        r"cannot connect to invalid database",
        "its creation or removal was cut short: DROP DATABASE {dbname}",
    ),
    _Cause(
        r"received invalid response|expected authentication request",
        "what answers there is no PostgreSQL server: set {HOST} and {PORT} to one",
    ),
    _Cause(
        r"certificate .*does not match host name",
        "set {HOST} to a name that is in the server's certificate",
    ),
    _Cause(
        r"certificate",
        "set PGSSLROOTCERT to the certificate of the server's authority",
    ),
    _Cause(r"SSL", "set PGSSLMODE to what the server offers"),
    _Cause(
        r"session is (not )?read-only|server is (not )?in hot standby",
        "no server of that kind answered: name the primary in {HOST} or the URL",
        may_pass=True,
    ),
    _Cause(
        r"connection option|invalid .* (value|number)|invalid value for parameter"
        r"|unrecognized configuration parameter|could not match|definition of service",
        "mend that setting; libpq's own are the variables that begin with PG",
    ),
    _Cause(
        r"could not translate host name",
        "set {HOST} to a host that resolves",
        may_pass=True,
    ),
    _Cause(
        r"timeout expired|timed out",
        "check that the server runs and that {HOST} and {PORT} lead to it, or raise "
        "PGCONNECT_TIMEOUT (seconds)",
        may_pass=True,
    ),
    _Cause(
        r"starting up|shutting down|recovery|not yet accepting",
        "wait until the server is ready",
        may_pass=True,
    ),
    _Cause(
        r"too many (clients|connections)|slots are reserved|only connection",
        "close other clients, or raise the server's max_connections",
        may_pass=True,
    ),
    _Cause(
        r"[Cc]onnection (refused|reset)|closed the connection|server running|No such "
        r"file|No route|unreachable|server failed",
        "start the server, or set {HOST} and {PORT} to where it is",
        may_pass=True,
    ),
    _OTHER_WORDS,
)


def explain(message: str, settings: ConnectionSettings) -> ConnectionFailed:
    """Say why no connection could be opened, and what to do about it.

    Args:
        message: What the server or the driver says.
        settings: Where the database is.

    Returns:
        An error to raise.
    """
    cause = next(cause for cause in _CAUSES if re.search(cause.words, message))
    if cause is _OTHER_WORDS and _lacks_database(settings):
        cause = _NO_DATABASE
    remedy = cause.remedy.format_map({**settings.keywords, **settings.names})
    return ConnectionFailed(
        f"cannot connect to {settings}: {one_line(message)}; {remedy}",
        may_pass=cause.may_pass,
        no_database=cause.no_database,
    )


def _lacks_database(settings: ConnectionSettings) -> bool:
    """Ask the server itself whether it has the database, in no human language."""
    elsewhere = make_dsn(**settings.replace(dbname=MAINTENANCE_DATABASES[0]).keywords)
    try:
        with closing(psycopg2.connect(elsewhere)) as connection:
            cursor = connection.cursor()
            cursor.execute(DATABASE_QUERY, [settings.database])
            return not cursor.rowcount
    except psycopg2.Error:
        return False  # it says no more than the first attempt did


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


def quote_identifier(name: str) -> str:
    """Put a name into double quotes, whatever it is, without importing SQLAlchemy."""
    return '"' + name.replace('"', '""') + '"'


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
