"""Reading what happens in a database: jobs, growth, readings, aggregates, replicas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dataforeman_schema.commands.status import activity_queries as queries
from dataforeman_schema.commands.status.activity_state import (
    AggregateStatus,
    ChunkStatus,
    JobStatus,
    StandbyStatus,
)
from dataforeman_schema.pinning import UNTRUSTED_QUERY
from dataforeman_schema.printable import quote_on_line, requote

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from dataforeman_schema.commands.status.state import HypertableStatus


@dataclass(frozen=True)
class Access:
    """Who looks, when, at what, and what is kept from them.

    Attributes:
        now: The server's time.
        bytes: What the database takes.
        replica: Whether the server is one.
        user: The role that looks.
        closed: The tables that it may not read, quoted, with their schema.
        filtered: Those whose row policies hold for it.
    """

    now: datetime
    bytes: int
    replica: bool
    user: str
    closed: list[str]
    filtered: list[str]

    def may_read(self, table: str) -> bool:
        """Tell whether a table with a plain name is open."""
        kept = [*self.closed, *self.filtered]
        return all(name.rpartition(".")[2] != table for name in kept)

    def grants(self) -> list[str]:
        """Say what shows the tables that are closed."""
        user = quote_on_line(self.user)
        return [
            *(
                f"{table}: GRANT SELECT ON {table} TO {user}"
                for table in map(requote, self.closed)
            ),
            *(
                f"{table}, by a row policy: ALTER ROLE {user} BYPASSRLS"
                for table in map(requote, self.filtered)
            ),
        ]


def read_access(cursor: Cursor, own: list[str], *, timescaledb: bool) -> Access:
    """Ask what the role may read of the migrations' tables and of hypertables."""
    hypertable = queries.IS_HYPERTABLE if timescaledb else "false"
    query = queries.READABLE.format(hypertable=hypertable)
    [row] = _rows(cursor, query, own=own)
    return Access(*row)


def read_jobs(cursor: Cursor, user: str) -> tuple[list[JobStatus], list[str]]:
    """List the jobs, and what is kept from the role."""
    rows = _rows(cursor, queries.JOBS)
    jobs = [JobStatus(*row[:-2]) for row in rows]
    hidden = {
        row[-2:]
        for job, row in zip(jobs, rows, strict=True)
        if job.last_status == "Failed" and job.last_error is None
    }
    return jobs, [_errors(owner, user, is_super) for owner, is_super in sorted(hidden)]


def _errors(owner: str, user: str, is_super: bool) -> str:  # noqa: FBT001 - a column
    owner = requote(owner)
    if is_super:  # nobody becomes one for that
        return f"errors of jobs of {owner}, which the owner of the database sees"
    return f"errors of jobs of {owner}: GRANT {owner} TO {quote_on_line(user)}"


def read_aggregates(cursor: Cursor) -> list[AggregateStatus]:
    """List the continuous aggregates."""
    return [AggregateStatus(*row) for row in _rows(cursor, queries.AGGREGATES)]


def read_standbys(
    cursor: Cursor, access: Access
) -> tuple[list[StandbyStatus], list[str]]:
    """List the replicas of a primary, and what is kept from the role."""
    if access.replica:
        return [], []
    found = [StandbyStatus(*row) for row in _rows(cursor, queries.STANDBYS)]
    if any(standby.state is None for standby in found):
        who = quote_on_line(access.user)
        return found, [f"replicas: GRANT pg_read_all_stats TO {who}"]
    return found, []


def extend(
    cursor: Cursor, hypertables: list[HypertableStatus], access: Access, chunks: int
) -> list[HypertableStatus]:
    """Add to hypertables how they grow and what was written to them last.

    Args:
        cursor: A cursor of their database.
        hypertables: What is known of them already.
        access: Who looks, and when.
        chunks: How many chunks of each to name.
    """
    converted = {name: rest for name, *rest in _rows(cursor, queries.COLUMNSTORES)}
    query = queries.CHUNKS.format(converted=queries.CONVERTED)
    spans = {name: rest for name, *rest in _rows(cursor, query, chunks=chunks)}
    names = [hypertable.name for hypertable in hypertables]
    untrusted = UNTRUSTED_QUERY.format(names="%(names)s")
    avoided = {name for (name,) in _rows(cursor, untrusted, names=names)}
    times = {name: rest for name, *rest in _rows(cursor, queries.TIMES)}
    found = []
    for hypertable in hypertables:
        name = hypertable.name
        grown = _grown(hypertable, converted.get(name), spans.get(name))
        if name in times and name in spans and name not in avoided:
            grown = _read(cursor, grown, times[name], spans[name], access)
        found.append(grown)
    return found


def _grown(
    of: HypertableStatus, converted: list[Any] | None, span: list[Any] | None
) -> HypertableStatus:
    count, before, after = converted or (0, 0, 0)
    ratio = before / after if after else None
    if span is None:
        return of
    _, _, written, newest = span
    return replace(
        of,
        columnstore_chunks=count,
        columnstore_before_bytes=before,
        columnstore_bytes=after,
        columnstore_ratio=ratio,
        written_bytes_per_day=written,
        growth_bytes_per_day=None if written is None else written / (ratio or 1),
        newest_chunks=[ChunkStatus(*chunk) for chunk in newest],
    )


def _read(
    cursor: Cursor,
    of: HypertableStatus,
    place: list[Any],
    span: list[Any],
    access: Access,
) -> HypertableStatus:
    table, time, indexed = place
    if not indexed and (of.written_bytes_per_day or 0) > queries.READ_THROUGH:
        return of
    [(oldest, newest, rows, seconds)] = _rows(
        cursor,
        queries.READINGS.format(table=table, time=time),
        first_end=span[0],
        last_begin=span[1],
        now=access.now,
        since=access.now - timedelta(hours=1),
        limit=queries.RECENT_ROWS,
    )
    # Where there are more, those that were read tell of less than an hour.
    over = seconds if rows == queries.RECENT_ROWS else 3600
    return replace(
        of,
        oldest_reading=oldest,
        newest_reading=newest,
        rows_per_second=rows / over if over else None,
    )


def _rows(cursor: Cursor, query: str, **parameters: object) -> list[tuple[Any, ...]]:
    cursor.execute(query, parameters)
    return cursor.fetchall()
