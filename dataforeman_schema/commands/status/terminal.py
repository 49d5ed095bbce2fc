"""Tables for people at a terminal; rich is imported here only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as Drawing
from rich.text import Text

from dataforeman_schema.commands.status.show import revision, server, size

if TYPE_CHECKING:
    from dataforeman_schema.commands.status.state import Status


def draw(statuses: list[Status]) -> None:
    """Draw the state of the databases on standard output."""
    console = Console()
    for status in statuses:
        console.print(Text.assemble((status.title, "bold"), f" {status.place}"))
        console.print(Text(f"{server(status)}; at {revision(status)}"))
        for drawing in (_history(status), _tables(status), _hypertables(status)):
            if drawing.row_count:
                console.print(drawing)


def _drawing(*headings: str, numbers: tuple[str, ...] = ()) -> Drawing:
    drawing = Drawing(box=SIMPLE)
    for heading in headings:
        drawing.add_column(heading, justify="right" if heading in numbers else "left")
    return drawing


def _history(status: Status) -> Drawing:
    drawing = _drawing("when", "what", "revision", "ms", "release", numbers=("ms",))
    for step in status.history:
        drawing.add_row(
            f"{step.applied_at:%Y-%m-%d %H:%M:%S %z}",
            step.direction,
            step.revision,
            f"{step.duration_ms:.0f}",
            step.package_version,
        )
    return drawing


def _tables(status: Status) -> Drawing:
    drawing = _drawing("table", "rows, about", numbers=("rows, about",))
    for table in status.tables:
        drawing.add_row(table.name, "?" if table.rows is None else f"{table.rows:,}")
    return drawing


def _hypertables(status: Status) -> Drawing:
    numbers = ("chunks", "size")
    drawing = _drawing(
        "hypertable",
        "by",
        "chunk interval",
        *numbers,
        "columnstore",
        "policies",
        numbers=numbers,
    )
    for it in status.hypertables:
        drawing.add_row(
            it.name,
            it.time_column,
            it.chunk_interval,
            str(it.chunks),
            size(it),
            "on" if it.columnstore else "off",
            "\n".join(it.policies),
        )
    return drawing
