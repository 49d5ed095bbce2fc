"""The state of the databases in lines, for pipes and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.status.words import (
    disk,
    duration,
    job,
    milliseconds,
    moment,
    rate,
    ratio,
    revision,
    rows,
    server,
    size,
    some_bytes,
    when,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.status.state import HypertableStatus, Status


def lines(status: Status) -> Iterator[str]:
    """Write a database in lines."""
    tables = ", ".join(f"{table.name} {rows(table)}" for table in status.tables)
    yield f"{status.title}: {status.place}"
    yield f"  server    {server(status)}"
    yield f"  revision  {revision(status)}"
    for step in status.history:
        did = f"{step.direction} {step.revision} ({milliseconds(step)} ms)"
        yield f"  history   {when(step)} {did}, by release {step.package_version}"
    yield f"  {len(status.tables)} tables (rows, about): {tables or 'none'}"
    yield f"  disk      {disk(status)}"
    for table in status.hypertables:
        yield (
            f"  hypertable {table.name}: by {table.time_column}, chunk interval "
            f"{table.chunk_interval}, {table.chunks} chunks, {size(table.bytes)}, "
            f"columnstore {'on' if table.columnstore else 'off'}{_policies(table)}"
        )
        yield from _rows(table)
    yield from _activity(status)
    for unseen in status.unseen:
        yield f"  not seen  {unseen}"


def _rows(table: HypertableStatus) -> Iterator[str]:
    if table.columnstore_chunks:
        yield (
            f"    columnstore {table.columnstore_chunks} chunks: "
            f"{size(table.columnstore_before_bytes)} to "
            f"{size(table.columnstore_bytes)}, {ratio(table.columnstore_ratio)}"
        )
    if table.chunks:
        yield (
            f"    rows {moment(table.oldest_reading)} to "
            f"{moment(table.newest_reading)}, {rate(table.rows_per_second)} "
            f"in the last hour, {some_bytes(table.written_bytes_per_day)} a day, "
            f"of which {some_bytes(table.growth_bytes_per_day)} stay"
        )
    for chunk in table.newest_chunks:
        where = "columnstore" if chunk.columnstore else "rowstore"
        before = f", before {size(chunk.before_bytes)}" if chunk.before_bytes else ""
        yield (
            f"    chunk {chunk.name}: {chunk.begin} to {chunk.end}, "
            f"{size(chunk.bytes)}, {where}{before}"
        )


def _activity(status: Status) -> Iterator[str]:
    for each in status.jobs:
        paused = "" if each.scheduled else ", paused"
        error = f": {each.last_error}" if each.last_error else ""
        last = f"{moment(each.last_run, 'never')}, {each.last_status or '-'}"
        yield (
            f"  job {each.id} {job(each)}: last {last}, next "
            f"{moment(each.next_run)}{paused}, "
            f"{each.failures} of {each.runs} failed{error}"
        )
    for aggregate in status.aggregates:
        yield (
            f"  aggregate {aggregate.name} of {aggregate.hypertable}: until "
            f"{moment(aggregate.until)}, {duration(aggregate.behind_s)} behind"
        )
    for standby in status.standbys:
        behind = f"{some_bytes(standby.behind_bytes)}, {duration(standby.behind_s)}"
        yield f"  replica {standby.name}: {standby.state or '?'}, {behind} behind"


def _policies(of: HypertableStatus) -> str:
    return f", {', '.join(of.policies)}" if of.policies else ""
