"""Tables of jobs, continuous aggregates and replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.status.drawing import drawing
from dataforeman_schema.commands.status.words import (
    duration,
    job,
    moment,
    some_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from dataforeman_schema.commands.status.state import Status


def activity(status: Status) -> Iterator[Table]:
    """Draw what happens in a database."""
    yield _jobs(status)
    yield _aggregates(status)
    yield _standbys(status)


def _jobs(status: Status) -> Table:
    table = drawing("job", "does", "last run", "was", "next run", "failed")
    for each in status.jobs:
        table.add_row(
            str(each.id),
            job(each),
            moment(each.last_run, "never"),
            each.last_status or "-",
            moment(each.next_run) if each.scheduled else "paused",
            f"{each.failures} of {each.runs}",
        )
    return table


def _aggregates(status: Status) -> Table:
    table = drawing("aggregate", "of", "until", "behind")
    for each in status.aggregates:
        behind = duration(each.behind_s)
        table.add_row(each.name, each.hypertable, moment(each.until), behind)
    return table


def _standbys(status: Status) -> Table:
    table = drawing("replica", "state", "behind", "for")
    for each in status.standbys:
        table.add_row(
            each.name,
            each.state or "?",
            some_bytes(each.behind_bytes),
            duration(each.behind_s),
        )
    return table
