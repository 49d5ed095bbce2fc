"""Where the databases are: from environment variables and `.env` to libpq keywords.

Everything here works without SQLAlchemy, so that a command with nothing to do
can answer before that is imported.
"""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dataforeman_schema.env_file import read_env_file
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.waiting import (
    CONNECT_TIMEOUT_S,
    GONE_S,
    KEEPALIVE_IDLE_S,
    KEEPALIVE_INTERVAL_S,
    SOCKET_TIMEOUT_S,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from sqlalchemy import URL

Driver = Literal["psycopg2", "psycopg", "asyncpg"]
"""The drivers of SQLAlchemy that settings can be written for."""

URL_PORT = "5432"
"""The TCP port of a URL that names none, and of each of its hosts without one."""

# An @ or / that is not percent-encoded in a password would end up in the host or the
# database's name, and so in messages: such a URL is refused before libpq reads it.
_URL = re.compile(
    r"postgres(?:ql)?(?:\+\w+)?://"
    r"(?P<rest>(?:[^@/?]*@)?[^@/?]*(?:/[^@/?]*)?(?:\?.*)?)",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"PG|TSDB_|DATABASE_URL$")
_CONNECTION_STRING = re.compile(r"://|password\s*=")
_IDENTITY = ("user", "password", "dbname")
_FOR_ASYNCPG = {
    "host": "host",
    "port": "port",
    "sslmode": "ssl",
    "passfile": "passfile",
    "target_session_attrs": "target_session_attrs",
}
_PORTS = re.compile(r"\d{1,5}(?:,\d{1,5})*")


@dataclass(frozen=True)
class Variables:
    """The environment variables that speak of one database, and their defaults.

    Attributes:
        url: Name of the variable that overrides all the others.
        prefix: What the names of the others begin with.
        user: Default of the user's name.
        port: Default of the TCP port.
        database: Default of the database's name.
        only_url: Whether nothing else speaks of it than the URL, which need be in no
            variable.
    """

    url: str
    prefix: str
    user: str
    port: str
    database: str
    only_url: bool = False

    @property
    def parts(self) -> dict[str, tuple[str, str]]:
        """Variable name and default of each libpq keyword."""
        return {
            "host": (f"{self.prefix}HOST", "localhost"),
            "port": (f"{self.prefix}PORT", self.port),
            "user": (f"{self.prefix}USER", self.user),
            "password": (f"{self.prefix}PASSWORD", ""),
            "dbname": (f"{self.prefix}DATABASE", self.database),
        }

    def single(self, *parts: str) -> str:
        """Name in words what to set for parts of it, such as HOST and PORT."""
        names = (f"{self.prefix}{part}" for part in parts)
        return self.url if self.only_url else " and ".join(names)

    def whole(self, part: str) -> str:
        """Name in words what to set for a part of it, the URL included."""
        return self.url if self.only_url else f"{self.prefix}{part} or {self.url}"

    @property
    def address(self) -> str:
        """The variable for the IP address of a host that is not to be looked up."""
        return f"{self.prefix}HOSTADDR"

    @property
    def names(self) -> list[str]:
        """The names of the single variables, without the URL's."""
        return [name for name, _ in self.parts.values()]


META_VARIABLES = Variables("DATABASE_URL", "PG", "postgres", "5432", "dataforeman")
TSDB_VARIABLES = Variables("TSDB_URL", "TSDB_", "tsdb", "5433", "telemetry")


@dataclass(frozen=True)
class ConnectionSettings:
    """Where one database is.

    `str()` of it is safe to print; the password is in `keywords` only.

    Attributes:
        keywords: libpq connection keywords, ready for `psycopg2.connect`.
        variables: The variables that speak of it.
        by_url: The variable whose URL said where it is; None where the single ones did.
    """

    keywords: Mapping[str, str] = field(repr=False)
    variables: Variables
    by_url: str | None = None

    def __str__(self) -> str:
        place = {**self.keywords, "host": self.host}
        return "{user}@{host}:{port}/{dbname}".format_map(place)

    @property
    def host(self) -> str:
        """Where libpq connects to: the address, where one stands beside the name."""
        return self.keywords.get("hostaddr") or self.keywords["host"]

    @property
    def database(self) -> str:
        """The database's name."""
        return self.keywords["dbname"]

    @property
    def names(self) -> dict[str, str]:
        """What to set to change a keyword, in words, by the keyword in capitals."""
        words = {"dbname": "database"}
        if self.keywords.get("hostaddr") and not self.by_url:
            return {**self._names(words), "HOST": self.variables.address}
        return self._names(words)

    def _names(self, words: dict[str, str]) -> dict[str, str]:
        return {
            key.upper(): f"the {words.get(key, key)} in {self.by_url}"
            if self.by_url
            else name
            for key, (name, _) in self.variables.parts.items()
        }

    def url(self, driver: Driver = "psycopg2") -> URL:
        """Write it as SQLAlchemy's URL, the password in it.

        Unix sockets and several hosts are in its query. To asyncpg only those keywords
        go that it knows by such a name; `engine.create_async_engine` gives it more.

        Args:
            driver: Which of SQLAlchemy's drivers it is for.
        """
        from sqlalchemy import URL  # noqa: PLC0415 - settings cost no SQLAlchemy

        rest = dict(self.keywords)
        user, password, name = (rest.pop(key, None) for key in _IDENTITY)
        query = _FOR_ASYNCPG.keys() & rest if driver == "asyncpg" else rest.keys()
        hosts = rest["host"].split(",")
        ports = rest["port"].split(",")
        rest["port"] = ",".join(ports * len(hosts) if len(ports) == 1 else ports)
        return URL.create(
            f"postgresql+{driver}",
            username=user,
            password=password or None,
            database=name,
            query={_FOR_ASYNCPG.get(key, key): rest[key] for key in sorted(query)},
        )

    def replace(self, **keywords: str) -> ConnectionSettings:
        """Copy with some libpq keywords replaced."""
        return dataclasses.replace(self, keywords={**self.keywords, **keywords})


def read_settings(
    variables: Variables, environ: Mapping[str, str] | None = None
) -> ConnectionSettings:
    """Read where one database is from the environment.

    A variable that is set but empty counts as not set. What a URL leaves out has
    its default, never the value of a single variable; its port is then 5432, as in
    any PostgreSQL URL.

    Args:
        variables: The variables of the database.
        environ: The environment; None reads `os.environ`.

    Returns:
        The settings; no connection is made.

    Raises:
        SchemaError: A URL or a port that cannot be one.
    """
    environ = os.environ if environ is None else environ
    parts = variables.parts
    keywords = {key: default for key, (_, default) in parts.items()}
    url = environ.get(variables.url)
    if url:
        keywords |= {"port": URL_PORT, **parse_url(url, variables.url)}
    else:
        keywords |= _read_parts(variables, environ)
    keywords = _address(variables, environ, by_url=bool(url)) | keywords
    keywords = _always(environ, keywords) | keywords | {"client_encoding": "UTF8"}
    return ConnectionSettings(keywords, variables, variables.url if url else None)


def _address(
    variables: Variables, environ: Mapping[str, str], *, by_url: bool
) -> dict[str, str]:
    """Read the host's IP address; libpq would take PGHOSTADDR for any database."""
    given = "" if by_url else environ.get(variables.address, "")
    elsewhere = environ.get("PGHOSTADDR") or environ.get("PGSERVICE")
    return {"hostaddr": given} if given or elsewhere else {}


def _read_parts(variables: Variables, environ: Mapping[str, str]) -> dict[str, str]:
    given = {key: environ.get(name) for key, (name, _) in variables.parts.items()}
    keywords = {key: value for key, value in given.items() if value}
    if not _PORTS.fullmatch(keywords.get("port", URL_PORT)):
        raise SchemaError(f"{variables.prefix}PORT is no port; set it as in 5432")
    for key in ("host", "user", "dbname"):
        # libpq would take the whole for a connection string, a password in it and all.
        if _CONNECTION_STRING.search(keywords.get(key, "")):
            name, _ = variables.parts[key]
            raise SchemaError(f"{name} holds a connection string; set {variables.url}")
    return keywords


def parse_url(url: str, source: str) -> dict[str, str]:
    """Turn a PostgreSQL URL, SQLAlchemy's or libpq's, into libpq keywords.

    Args:
        url: For example `postgresql://user:password@host:5432/database`; several
            hosts and libpq's parameters are allowed, a driver's name is ignored. A
            host without a port has PostgreSQL's own.
        source: Where the URL came from, for the error's text.

    Returns:
        The keywords that the URL names, and no others.

    Raises:
        SchemaError: The text is not such a URL.
    """
    match = _URL.fullmatch(url)
    keywords = _parse_dsn("postgresql://" + match["rest"]) if match else None
    if keywords and "port" in keywords:
        keywords["port"] = _fill_ports(keywords["port"])
    if keywords is None or not _PORTS.fullmatch(keywords.get("port", "0")):
        raise SchemaError(
            f"{source} is not a PostgreSQL URL; write it as "
            "postgresql://user:password@host:5432/database, with special characters "
            "percent-encoded and only libpq's parameters after the question mark"
        )
    return keywords


def _fill_ports(ports: str) -> str:
    return ",".join(port or URL_PORT for port in ports.split(","))


def _parse_dsn(dsn: str) -> dict[str, str] | None:
    from psycopg2 import ProgrammingError  # noqa: PLC0415 - settings cost no driver
    from psycopg2.extensions import parse_dsn  # noqa: PLC0415

    try:
        return dict(parse_dsn(dsn))
    except ProgrammingError:  # its text can hold the password
        return None


def load_env_file(
    path: Path = Path(".env"), environ: MutableMapping[str, str] | None = None
) -> frozenset[str]:
    """Add the connection variables of a `.env` file to the environment.

    A variable that the environment has wins. A URL in the file is passed over when
    the environment has any of the single variables that it would override. Only
    PG…, TSDB_… and DATABASE_URL are taken: libpq reads its own, such as PGSSLMODE,
    from the environment. Values are taken as they are written: `$` and `{…}` stand
    for themselves.

    Args:
        path: The file; one that does not exist is no error.
        environ: What to add to; None changes `os.environ`.

    Returns:
        The names of the variables that it added.

    Raises:
        SchemaError: The file cannot be read; the message names the line. Or another
            user than the present one and root could have written it.
    """
    environ = os.environ if environ is None else environ
    values = read_env_file(path)
    for variables in (META_VARIABLES, TSDB_VARIABLES):
        if any(environ.get(name) for name in variables.names):
            values.pop(variables.url, None)
    added = {
        name: value
        for name, value in values.items()
        if value and not environ.get(name) and _TAKEN.match(name)
    }
    environ.update(added)
    return frozenset(added)


def timescaledb_is_optional(environ: Mapping[str, str] | None = None) -> bool:
    """Read from TSDB_TIMESCALEDB whether plain tables will do without TimescaleDB.

    Args:
        environ: The environment; None reads `os.environ`.

    Raises:
        SchemaError: It is neither required, the default, nor optional.
    """
    environ = os.environ if environ is None else environ
    value = environ.get("TSDB_TIMESCALEDB") or "required"
    if value not in {"required", "optional"}:
        raise SchemaError(
            f"TSDB_TIMESCALEDB is {value!r}; set it to required or to optional"
        )
    return value == "optional"


def _always(environ: Mapping[str, str], keywords: Mapping[str, str]) -> dict[str, str]:
    local = keywords["host"].startswith("/") and not keywords.get("hostaddr")
    default = str(SOCKET_TIMEOUT_S if local else CONNECT_TIMEOUT_S)
    given = environ.get("PGCONNECT_TIMEOUT") or "0"
    return {
        # To libpq 0 is no limit; here there is always one.
        "connect_timeout": default if given == "0" else given,
        "fallback_application_name": "dataforeman-schema",
        "keepalives_idle": str(KEEPALIVE_IDLE_S),
        "keepalives_interval": str(KEEPALIVE_INTERVAL_S),
        "keepalives_count": str((GONE_S - KEEPALIVE_IDLE_S) // KEEPALIVE_INTERVAL_S),
        "tcp_user_timeout": str(GONE_S * 1000),
    }
