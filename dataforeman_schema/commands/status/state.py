"""The state of a database, in the words that JSON uses too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class HistoryStep:
    """Something that happened to the schema: a row of schema_history.

    Attributes:
        applied_at: When, with its time zone; None if nobody knows, which `verify`
            finds.
        revision: Which revision ran or was stamped.
        direction: upgrade, downgrade, stamp or unstamp.
        duration_ms: How long its transaction took, in milliseconds; None if nobody
            knows, which `verify` finds.
        package_version: The release of dataforeman-schema that did it.
    """

    applied_at: datetime | None
    revision: str
    direction: str
    duration_ms: float | None
    package_version: str


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: Its name.
        rows: How many rows the server estimates, chunks included; None before it
            looked, or where it does not say how many are in the columnstore.
    """

    name: str
    rows: int | None


@dataclass(frozen=True)
class HypertableStatus:
    """What a hypertable has that a table does not.

    Attributes:
        name: Its name.
        time_column: The column by which rows are spread over chunks.
        chunk_interval: The span of a new chunk, as PostgreSQL writes an interval, or
            as an integer.
        chunks: The number of chunks.
        bytes: The size of all chunks with indexes, in bytes.
        columnstore: Whether chunks may move into the columnstore.
        policies: The jobs that work on it, as "procedure every interval".
    """

    name: str
    time_column: str
    chunk_interval: str
    chunks: int
    bytes: int
    columnstore: bool
    policies: list[str]


@dataclass(frozen=True)
class Status:
    """One database.

    Attributes:
        database: What `alembic -n` calls it: meta or tsdb.
        title: What people call it.
        place: Where it is: user, host, port and name.
        postgresql: The server's version.
        timescaledb: The extension's version; None if the database does not have it.
        plain: Whether its tables are plain though they should be hypertables.
        restoring: Whether a restore of TimescaleDB has not been finished: reads miss
            rows, and nothing can be written.
        current: The revisions that it records; none before the first, several only
            after a mishap.
        head: The newest revision of its tree.
        pending: The revisions that an upgrade would run, in order.
        history: What happened to the schema last, oldest first.
        tables: Its tables by name, without the migrations' own.
        hypertables: Its hypertables by name.
        error: None: it could be looked at.
    """

    database: str
    title: str
    place: str
    postgresql: str
    timescaledb: str | None
    plain: bool
    restoring: bool
    current: list[str]
    head: str
    pending: list[str]
    history: list[HistoryStep]
    tables: list[Table]
    hypertables: list[HypertableStatus]
    error: None = None


@dataclass(frozen=True)
class Unreachable:
    """A database that could not be looked at.

    Attributes:
        database: What `alembic -n` calls it: meta or tsdb.
        title: What people call it.
        place: Where it is: user, host, port and name.
        error: Why it could not be looked at, and what to do.
    """

    database: str
    title: str
    place: str
    error: str
