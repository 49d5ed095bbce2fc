"""What now exists in both databases, as the servers report it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, inspect, text

from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.history import OWN_TABLES
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import load_env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_HYPERTABLES = text(
    "SELECT hypertable_name, column_name,"
    " coalesce(time_interval::text, integer_interval::text)"
    " FROM timescaledb_information.dimensions"
    " WHERE dimension_type = 'Time' ORDER BY 1"
)


@dataclass(frozen=True)
class Status:
    """One database as its server reports it.

    Attributes:
        database: Which of the two it is.
        place: Where it is: user, host, port and name.
        server: The versions of PostgreSQL and, where there is one, TimescaleDB.
        current: The revision it is at; None before the first.
        head: The newest revision of its tree.
        tables: The names of its tables, sorted, without the migrations' own.
        hypertables: Of each hypertable its name, time column and chunk interval.
    """

    database: Database
    place: str
    server: str
    current: str | None
    head: str | None
    tables: list[str]
    hypertables: list[tuple[str, str, str]]

    def lines(self) -> Iterator[str]:
        """Write it for a person to read."""
        yield f"{self.database.title}: {self.place}"
        yield f"  server    {self.server}"
        yield f"  revision  {self.current or 'none'} (head {self.head or 'none'})"
        yield f"  {len(self.tables)} tables: {', '.join(self.tables) or 'none'}"
        for name, column, interval in self.hypertables:
            yield f"  hypertable {name}: by {column}, chunk interval {interval}"


def report() -> Iterator[str]:
    """Look at both databases, one after the other.

    Yields:
        Lines for a person to read.

    Raises:
        SchemaError: A database cannot be reached or a setting cannot be right.
    """
    load_env_file()
    for database in DATABASES.values():
        yield from read_status(database).lines()


def read_status(database: Database) -> Status:
    """Look at one database; nothing is changed.

    Raises:
        SchemaError: It cannot be reached or a setting cannot be right.
    """
    settings = database.settings()
    script = ScriptDirectory.from_config(configure(database))
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        return Status(
            database=database,
            place=str(settings),
            server=_server(connection),
            current=MigrationContext.configure(connection).get_current_revision(),
            head=script.get_current_head(),
            tables=_tables(connection),
            hypertables=_hypertables(connection),
        )


def _tables(connection: Connection) -> list[str]:
    return sorted({*inspect(connection).get_table_names()} - OWN_TABLES)


def _server(connection: Connection) -> str:
    postgresql = connection.scalar(text("SHOW server_version"))
    timescaledb = _timescaledb(connection)
    return f"PostgreSQL {postgresql}" + (
        f", TimescaleDB {timescaledb}" if timescaledb else ""
    )


def _timescaledb(connection: Connection) -> str | None:
    version: str | None = connection.scalar(
        text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    )
    return version


def _hypertables(connection: Connection) -> list[tuple[str, str, str]]:
    if _timescaledb(connection) is None:
        return []
    return [(row[0], row[1], row[2]) for row in connection.execute(_HYPERTABLES)]
