"""What an upgrade would do, in the words that JSON uses too."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Source(StrEnum):
    """How it is known which lock a statement takes."""

    MEASURED = "measured"
    DOCUMENTED = "documented"
    AT_MOST = "at most"


class Part(StrEnum):
    """What of a table a lock is on."""

    TABLE = "table"
    CHUNKS = "chunks"
    INDEX = "index"


@dataclass(frozen=True)
class Lock:
    """A lock that a statement takes, which the revision holds until it ends.

    Attributes:
        table: The table, view or hypertable.
        mode: The server's name of the mode, as pg_locks has it.
        part: What of it is locked: itself, its chunks, or an index of it.
        source: Whether pg_locks showed it, PostgreSQL's or TimescaleDB's manual says
            so, or no stronger one is possible.
    """

    table: str
    mode: str
    part: Part = Part.TABLE
    source: Source = Source.MEASURED


@dataclass(frozen=True)
class Index:
    """An index that a statement builds on a table that was there before.

    Attributes:
        table: The table.
        name: The index.
        columns: The columns that its entries hold.
        expressions: How many expressions they hold besides.
    """

    table: str
    name: str
    columns: tuple[str, ...]
    expressions: int = 0


@dataclass(frozen=True)
class Loss:
    """What a statement takes away.

    Attributes:
        table: The table.
        column: The column that goes; None: the rows go.
        retyped: Whether its values stay, but of a new type.
        count: About how many rows or values there are; None: the server has no
            statistics.
    """

    table: str
    column: str | None = None
    retyped: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Statement:
    """A statement of a revision, and what it does to tables that are there before.

    Attributes:
        sql: Its text.
        in_transaction: Whether it is undone if the revision fails later.
        locks: What it locks that was not locked before in the revision.
        locks_per_chunk: About how many relations it locks of each chunk of a
            hypertable, new ones included; 0: it locks no chunks.
        rewrites: The tables that it writes anew, rows and indexes.
        scans: The tables of which it reads every row.
        builds: The indexes that it builds.
        loses: What it takes away.
        disk_bytes: About how much disk it needs beside what is used; None: no table of
            which the size is known has to be copied or indexed.
    """

    sql: str
    in_transaction: bool = True
    locks: tuple[Lock, ...] = ()
    locks_per_chunk: int = 0
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    builds: tuple[Index, ...] = ()
    loses: tuple[Loss, ...] = ()
    disk_bytes: int | None = None

    @property
    def tables(self) -> set[str]:
        """The names of all tables that it concerns."""
        named = {
            *(lock.table for lock in self.locks),
            *(index.table for index in self.builds),
            *(loss.table for loss in self.loses),
        }
        return named | {*self.rewrites, *self.scans}


@dataclass(frozen=True)
class RevisionPlan:
    """A revision that would run.

    Attributes:
        revision: Its id.
        message: What it is about.
        statements: What it sends to the server, but for what only reads.
        unknown: Why not all of it is known; None: it is.
    """

    revision: str
    message: str
    statements: tuple[Statement, ...] = ()
    unknown: str | None = None


@dataclass(frozen=True)
class TableFacts:
    """How big a table is.

    Attributes:
        name: The table.
        rows: Estimated rows, chunks included; None: never analyzed.
        bytes: Its size without indexes, chunks included; None: it was locked.
        index_bytes: The size of its indexes; None: it was locked.
        chunks: How many chunks it has; None: it is no hypertable.
        is_locked: Whether another session kept its size from being read.
    """

    name: str
    rows: int | None
    bytes: int | None = None
    index_bytes: int | None = None
    chunks: int | None = None
    is_locked: bool = False

    @property
    def total_bytes(self) -> int | None:
        """Its size with indexes."""
        if self.bytes is None or self.index_bytes is None:
            return None
        return self.bytes + self.index_bytes


@dataclass(frozen=True)
class DatabasePlan:
    """What an upgrade would do to one database.

    Attributes:
        database: What `alembic -n` calls it.
        title: What people call it.
        place: Where it is; no password.
        current: The revisions that it records.
        head: The newest revision that this release knows.
        does: What an upgrade would do, in a few words.
        revisions: Those that would run one by one, in order.
        tables: The tables that they concern and that are there.
        warnings: What to know beforehand.
    """

    database: str
    title: str
    place: str
    current: tuple[str, ...]
    head: str
    does: str
    revisions: tuple[RevisionPlan, ...] = ()
    tables: tuple[TableFacts, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def is_complete(self) -> bool:
        """Whether all that would run could be followed to its end."""
        return all(revision.unknown is None for revision in self.revisions)
