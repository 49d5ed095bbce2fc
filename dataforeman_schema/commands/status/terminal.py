"""Tables for people at a terminal; rich is imported here only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Drawing
from rich.text import Text

from dataforeman_schema.commands.status.show import (
    milliseconds,
    revision,
    server,
    size,
    when,
)

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.table import Column

    from dataforeman_schema.commands.status.state import Status


def draw(statuses: list[Status]) -> None:
    """Draw the state of the databases on standard output."""
    # The names of tables are no markup.
    console = Console(markup=False, emoji=False, highlight=False)
    for status in statuses:
        console.print(Text.assemble((status.title, "bold"), f" {status.place}"))
        console.print(Text(f"{server(status)}; at {revision(status)}"))
        for drawing in (_history(status), _tables(status), _hypertables(status)):
            if drawing.row_count:
                _keep_whole(drawing.columns[0], console.width // 3)
                console.print(drawing)


def _drawing(*headings: str, numbers: tuple[str, ...] = ()) -> Drawing:
    drawing = Drawing(box=SIMPLE)
    for heading in headings:
        justify: JustifyMethod = "right" if heading in numbers else "left"
        # Where it is narrow words break: nothing is ever cut.
        drawing.add_column(heading, justify=justify, overflow="fold")
    return drawing


def _keep_whole(names: Column, width: int) -> None:
    """Break other columns rather than names, unless these need too much room."""
    names.no_wrap = max(cell_len(str(cell)) for cell in names.cells) <= width


def _history(status: Status) -> Drawing:
    drawing = _drawing("when", "what", "revision", "ms", "release", numbers=("ms",))
    for step in status.history:
        drawing.add_row(
            when(step),
            step.direction,
            step.revision,
            milliseconds(step),
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
    for hypertable in status.hypertables:
        drawing.add_row(
            hypertable.name,
            hypertable.time_column,
            hypertable.chunk_interval,
            str(hypertable.chunks),
            size(hypertable.bytes),
            "on" if hypertable.columnstore else "off",
            "\n".join(hypertable.policies),
        )
    return drawing
