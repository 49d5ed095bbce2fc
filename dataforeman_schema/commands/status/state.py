"""The state of a database, in the words that JSON uses too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from dataforeman_schema.commands.status.activity_state import (
        AggregateStatus,
        ChunkStatus,
        JobStatus,
        StandbyStatus,
    )


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
        columnstore_chunks: How many of the chunks are in the columnstore.
        columnstore_before_bytes: What they took before they moved there.
        columnstore_bytes: What they took when they had moved.
        columnstore_ratio: How many times smaller they became; None: none moved.
        written_bytes_per_day: What the chunks of the last week took a day as rows;
            None: there are none.
        growth_bytes_per_day: What stays of that once it is in the columnstore.
        oldest_reading: When the oldest row is of; None: there is none, or it may not
            or cannot be seen at once.
        newest_reading: When the newest row is of; likewise.
        rows_per_second: How many rows of the last hour there are a second; likewise.
        newest_chunks: The chunks of the latest ranges, the last first.
    """

    name: str
    time_column: str
    chunk_interval: str
    chunks: int
    bytes: int
    columnstore: bool
    policies: list[str]
    columnstore_chunks: int = 0
    columnstore_before_bytes: int = 0
    columnstore_bytes: int = 0
    columnstore_ratio: float | None = None
    written_bytes_per_day: float | None = None
    growth_bytes_per_day: float | None = None
    oldest_reading: datetime | None = None
    newest_reading: datetime | None = None
    rows_per_second: float | None = None
    newest_chunks: list[ChunkStatus] = field(default_factory=list)


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
        bytes: What the database takes on disk.
        growth_bytes_per_day: By how much all hypertables grow a day; None: nobody
            knows.
        disk_bytes: What it may take, as the caller says; None: nobody said.
        days_until_full: How long it can grow like that; None: nobody knows, or it does
            not grow.
        jobs: The jobs of TimescaleDB, but for the extension's own.
        aggregates: Its continuous aggregates by name.
        replica: Whether the server is one itself, which has none that are shown here.
        standbys: The replicas of its server.
        unseen: What the role may not see, each with what shows it.
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
    bytes: int
    growth_bytes_per_day: float | None
    disk_bytes: int | None
    days_until_full: float | None
    jobs: list[JobStatus]
    aggregates: list[AggregateStatus]
    replica: bool
    standbys: list[StandbyStatus]
    unseen: list[str]
    error: None = None


@dataclass(frozen=True)
class Unreachable:
    """A database that could not be looked at.

    Attributes:
        database: What `alembic -n` calls it: meta or tsdb.
        title: What people call it.
        place: Where it is: user, host, port and name; empty if its settings are wrong.
        error: Why it could not be looked at, and what to do.
    """

    database: str
    title: str
    place: str
    error: str
