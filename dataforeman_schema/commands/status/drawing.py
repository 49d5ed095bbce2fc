"""Tables that lose nothing where it is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

_ANY: Final = 10_000
"""Columns, more than any table needs."""


def drawing(*headings: str, numbers: tuple[str, ...] = ()) -> Table:
    """Begin a table, some of whose columns are numbers."""
    table = Table(box=SIMPLE)
    for heading in headings:
        justify: JustifyMethod = "right" if heading in numbers else "left"
        # Where it is narrow words break: nothing is ever cut.
        table.add_column(heading, justify=justify, overflow="fold")
    return table


def fit(table: Table, console: Console) -> Table:
    """Give back a table, or where it is too wide, what it says in two columns."""
    unbounded = console.options.update(width=_ANY)
    needed = Measurement.get(console, unbounded, table).maximum
    return table if needed <= console.width else _stacked(table)


def _stacked(table: Table) -> Table:
    """Write each row below the last one, a line for each of its columns."""
    first, *others = table.columns
    stacked = Table.grid(padding=(0, 2, 0, 0))
    stacked.add_column(overflow="fold", no_wrap=False)
    stacked.add_column(overflow="fold")
    rows = zip(first.cells, *(column.cells for column in others), strict=True)
    for name, *cells in rows:
        stacked.add_row(Text(f"  {first.header}", "bold"), Text(str(name), "bold"))
        for column, cell in zip(others, cells, strict=True):
            if cell != "":
                stacked.add_row(Text(f"    {column.header}"), Text(str(cell)))
        stacked.add_row()
    return stacked
