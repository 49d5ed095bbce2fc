"""Tables for people at a terminal; rich is imported for these only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from dataforeman_schema.commands.status.activity_tables import activity
from dataforeman_schema.commands.status.drawing import drawing, fit
from dataforeman_schema.commands.status.hypertable_tables import hypertables
from dataforeman_schema.commands.status.words import (
    disk,
    milliseconds,
    revision,
    rows,
    server,
    when,
)

if TYPE_CHECKING:
    from rich.table import Table as Drawing

    from dataforeman_schema.commands.status.state import Status


def draw(statuses: list[Status]) -> None:
    """Draw the state of the databases on standard output."""
    # The names of tables are no markup.
    console = Console(markup=False, emoji=False, highlight=False)
    for status in statuses:
        console.print(Text.assemble((status.title, "bold"), f" {status.place}"))
        console.print(Text(f"{server(status)}; at {revision(status)}"))
        console.print(Text(disk(status)))
        for table in (
            _history(status),
            _tables(status),
            *hypertables(status),
            *activity(status),
        ):
            if table.row_count:
                console.print(fit(table, console))
        for job in status.jobs:
            if job.last_error:
                console.print(Text(f"job {job.id} failed: {job.last_error}", "red"))
        for unseen in status.unseen:
            console.print(Text(f"not seen: {unseen}", "yellow"))


def _history(status: Status) -> Drawing:
    table = drawing("when", "what", "revision", "ms", "release", numbers=("ms",))
    for step in status.history:
        table.add_row(
            when(step),
            step.direction,
            step.revision,
            milliseconds(step),
            step.package_version,
        )
    return table


def _tables(status: Status) -> Drawing:
    table = drawing("table", "rows, about", numbers=("rows, about",))
    for each in status.tables:
        table.add_row(each.name, rows(each))
    return table
