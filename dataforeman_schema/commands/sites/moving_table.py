"""A table on a terminal that is written anew in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table
from rich.text import Text

from dataforeman_schema.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console


class MovingTable:
    """Rows that change, below the lines that stay.

    Args:
        console: The terminal.
    """

    def __init__(self, console: Console) -> None:
        # No thread refreshes it: workers are forked from this process.
        self._live = Live(
            console=console,
            auto_refresh=False,
            redirect_stderr=False,
            redirect_stdout=False,
            transient=True,
        )

    def draw(self, caption: str, rows: Iterable[tuple[str, ...]]) -> None:
        """Write it in the place of what was written before."""
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for row in rows:
            table.add_row(
                *map(Text, map(printable, row))
            )  # brackets in a name are no markup
        table.caption, table.caption_justify = caption, "left"
        self._live.start()
        self._live.update(table, refresh=True)

    def clear(self) -> None:
        """Take it away until it is drawn again."""
        self._live.stop()
