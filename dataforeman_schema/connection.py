"""Opening a connection, and saying in one line why it cannot be opened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import make_dsn

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings


class ConnectionFailed(SchemaError):  # noqa: N818 - says what happened
    """No connection to a database could be opened."""


def connect(settings: ConnectionSettings) -> Psycopg2Connection:
    """Open a connection.

    Args:
        settings: Where the database is.

    Returns:
        The connection; the caller closes it.

    Raises:
        ConnectionFailed: The server could not be reached or turned us away.
    """
    try:
        return psycopg2.connect(make_dsn(**settings.keywords))
    except psycopg2.Error as error:
        raise ConnectionFailed(_explain(str(error), settings)) from None


_REMEDIES = {
    r'database ".*" does not exist': (
        "create it (CREATE DATABASE {dbname}) or set {DBNAME}"
    ),
    r"password authentication failed|no password supplied": (
        "set {PASSWORD} to the password of {user}"
    ),
    r'role ".*" does not exist': "create the role or set {USER}",
    r"no pg_hba.conf entry": "allow this client in the server's pg_hba.conf",
    r"could not translate host name": "set {HOST} to a host that resolves",
    r"timeout expired|timed out": (
        "check that the server runs and that {HOST} and {PORT} lead to it, "
        "or raise PGCONNECT_TIMEOUT (seconds)"
    ),
    r"starting up|shutting down|recovery mode": "wait until the server is ready",
    r"too many (clients|connections)|slots are reserved": (
        "close other clients or raise the server's max_connections"
    ),
    r"SSL": "set PGSSLMODE to what the server offers",
    r"session is (not )?read-only|read-only mode": (
        "no writable server answered: point {HOST} at the primary"
    ),
    r"connection option|invalid .* value": "mend that setting",
}
_ELSE = "start the server, or set {HOST} and {PORT} to where it is"


def _explain(message: str, settings: ConnectionSettings) -> str:
    cause = _one_line(message)
    remedies = (text for words, text in _REMEDIES.items() if re.search(words, message))
    names = {key.upper(): name for key, (name, _) in settings.variables.parts.items()}
    remedy = next(remedies, _ELSE).format_map({**settings.keywords, **names})
    return f"cannot connect to {settings}: {cause}; {remedy}"


def _one_line(message: str) -> str:
    """Keep the server's own reason, or else what libpq said first."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    text = next((line for line in lines if "FATAL:" in line), lines[0] if lines else "")
    return re.sub("^connection to server .*? failed: ", "", text).removeprefix("FATAL:")
