"""What happens in a database, in the words that JSON uses too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class JobStatus:
    """A job of TimescaleDB's scheduler.

    Attributes:
        id: Its number, as `run_job` takes it.
        procedure: What it runs.
        table: The hypertable or aggregate that it works on; None: none.
        scheduled: Whether it runs by itself.
        every: Its schedule, as PostgreSQL writes an interval.
        last_run: When it began last; None: it never ran by itself.
        last_duration_s: How long that took, in seconds.
        last_status: Success or Failed, or what it does at the moment.
        next_run: When it is due; None: nobody knows.
        runs: How often it ran.
        failures: How often it failed.
        last_error: What it failed with last; None: nothing that may be seen.
    """

    id: int
    procedure: str
    table: str | None
    scheduled: bool
    every: str | None
    last_run: datetime | None
    last_duration_s: float | None
    last_status: str | None
    next_run: datetime | None
    runs: int
    failures: int
    last_error: str | None


@dataclass(frozen=True)
class AggregateStatus:
    """A continuous aggregate.

    Attributes:
        name: Its name.
        hypertable: What it summarises.
        materialized_only: Whether readers get no more than what is materialized.
        until: The end of what is materialized; None: nothing is.
        behind_s: The seconds from there to now.
    """

    name: str
    hypertable: str
    materialized_only: bool
    until: datetime | None
    behind_s: float | None


@dataclass(frozen=True)
class StandbyStatus:
    """A replica that the server sends its changes to.

    Attributes:
        name: What it calls itself.
        state: streaming, or what it does else; None: the role may not see it.
        behind_bytes: What it has not replayed yet.
        behind_s: How long ago what it replayed last was written, in seconds; None: it
            does not tell, as one does that has replayed all.
    """

    name: str
    state: str | None
    behind_bytes: int | None
    behind_s: float | None


@dataclass(frozen=True)
class ChunkStatus:
    """A chunk of a hypertable.

    Attributes:
        name: Its name.
        begin: Where its range begins.
        end: Where it ends.
        bytes: What it takes, indexes included.
        columnstore: Whether it is in the columnstore.
        before_bytes: What the rows that are there took before.
    """

    name: str
    begin: str
    end: str
    bytes: int
    columnstore: bool
    before_bytes: int | None
