"""Why servers cannot be reached or say no, and what to do about each."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Cause(NamedTuple):
    """One cause.

    Attributes:
        sqlstate: What the server says, or the class of it; empty: libpq says it.
        words: How it is put in English; of several with one SQLSTATE, the last stands
            for all that is put in other words.
        remedy: What to do, with {user} and the like, and {USER} for what sets it.
        may_pass: Whether trying again can help, as the server may be starting.
        no_database: Whether the server answered, and lacks the database.
    """

    sqlstate: str
    words: str
    remedy: str
    may_pass: bool = False
    no_database: bool = False


_NO_WORDS: Final = "(?!)"
_SETTING: Final = "mend that setting; libpq's own are the variables that begin with PG"
_OTHER: Final = Cause(
    "",
    "",
    "mend what the server says, or set {HOST} and {PORT} to another",
    may_pass=True,
)

_CAUSES: Final = (
    Cause(
        "3D000",
        r'database ".*" does not exist',
        "create it (CREATE DATABASE {dbname}, or dataforeman-schema upgrade) or set "
        "{DBNAME}",
        no_database=True,
    ),
    Cause(
        "28P01",
        r"password authentication failed",
        "set {PASSWORD} to the password of {user}",
    ),
    Cause("", r"no password supplied", "set {PASSWORD} to the password of {user}"),
    Cause(
        "28000",
        r"authentication failed|no pg_hba.conf entry|pg_hba.conf rejects",
        "allow {user} from here in the server's pg_hba.conf, or set {USER} or {HOST}",
    ),
    Cause("28000", r'role ".*" does not exist', "create the role or set {USER}"),
    Cause(
        "28000",
        r"is not permitted to log in",
        "ALTER ROLE {user} LOGIN, or set {USER}",
    ),
    Cause(
        "28000",
        _NO_WORDS,
        "let {user} in: the role must be there, have LOGIN and be allowed from here in "
        "the server's pg_hba.conf; or set {USER}",
    ),
    Cause("42501", r"permission denied to set parameter", _SETTING),
    Cause(
        "42501",
        r"permission denied for database",
        "GRANT CONNECT ON DATABASE {dbname} TO {user}, or set {USER}",
    ),
    Cause(
        "55000",
        r"cannot connect to invalid database",
        "its creation or removal was cut short: DROP DATABASE {dbname}",
    ),
    Cause(
        "55000",
        r"not currently accepting connections",
        "ALTER DATABASE {dbname} WITH ALLOW_CONNECTIONS true",
    ),
    Cause(
        "53100",
        r"No space left on device",
        "make room on the server's disk",
        may_pass=True,
    ),
    Cause(
        "53",
        r"too many (clients|connections)|slots are reserved|only connection"
        r"|no more connections allowed",
        "close other clients, or raise the server's max_connections",
        may_pass=True,
    ),
    Cause(
        "57",
        r"starting up|shutting down|recovery|not yet accepting",
        "wait until the server is ready",
        may_pass=True,
    ),
    Cause(
        "08P01",
        r"unsupported startup parameter",
        "leave that setting out, or name it in PgBouncer's ignore_startup_parameters",
    ),
    Cause("42", r"unrecognized configuration parameter", _SETTING),
    Cause("22", r"invalid value for parameter", _SETTING),
    # What follows libpq itself says, in English.
    Cause(
        "",
        r"received invalid response|expected authentication request",
        "what answers there is no PostgreSQL server: set {HOST} and {PORT} to one",
    ),
    Cause(
        "",
        r"certificate .*does not match host name",
        "set {HOST} to a name that is in the server's certificate",
    ),
    Cause(
        "",
        r"certificate",
        "set PGSSLROOTCERT to the certificate of the server's authority",
    ),
    Cause("", r"SSL", "set PGSSLMODE to what the server offers"),
    Cause(
        "",
        r"session is (not )?read-only|server is (not )?in hot standby",
        "no server of that kind answered: name the primary in {HOST} or the URL",
        may_pass=True,
    ),
    Cause(
        "",
        r"connection option|invalid .* (value|number)|could not match"
        r"|definition of service",
        _SETTING,
    ),
    Cause(
        "",
        r"could not translate host name",
        "set {HOST} to a host that resolves",
        may_pass=True,
    ),
    Cause(
        "",
        r"timeout expired|timed out",
        "check that the server runs and that {HOST} and {PORT} lead to it, or raise "
        "PGCONNECT_TIMEOUT (seconds)",
        may_pass=True,
    ),
    Cause(
        "",
        r"[Cc]onnection (refused|reset)|closed the connection|server running|No such "
        r"file|No route|unreachable|server failed",
        "start the server, or set {HOST} and {PORT} to where it is",
        may_pass=True,
    ),
)


def find_cause(message: str, sqlstate: str | None) -> Cause:
    """Tell why no connection could be opened.

    Args:
        message: What the server or libpq says.
        sqlstate: What the server says in no human language, if that is known: it
            decides, and the words choose among what it can mean.
    """
    if sqlstate:
        meant = _meant_by(sqlstate) or _meant_by(sqlstate[:2]) or [_OTHER]
        return _said(meant, message) or meant[-1]
    return _said(_CAUSES, message) or _OTHER


def _meant_by(sqlstate: str) -> list[Cause]:
    return [cause for cause in _CAUSES if cause.sqlstate == sqlstate]


def _said(causes: tuple[Cause, ...] | list[Cause], message: str) -> Cause | None:
    return next((cause for cause in causes if re.search(cause.words, message)), None)
