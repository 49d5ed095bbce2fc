"""What is said of many databases: lines, and on a terminal those at work below them."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dataforeman_schema.commands.progress import Progress, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.sites.moving_table import MovingTable
    from dataforeman_schema.commands.sites.outcome import Message, Outcome


class Board:
    """Where the upgrade of many databases says what it does.

    Args:
        total: How many databases there are.
        table: Shows those at work; None where nothing can be written anew.
        quiet: Whether to leave out the lines that stay.
    """

    def __init__(self, total: int, table: MovingTable | None, *, quiet: bool) -> None:
        self._total = total
        self._table = table
        self._quiet = quiet
        self._progress: defaultdict[str, Progress] = defaultdict(Progress)
        self._begun: dict[str, float] = {}
        self._doing: dict[str, str] = {}
        self._failed = self._done = 0

    def begin(self, title: str) -> None:
        """Show that a database is at work."""
        self._begun[title] = time.monotonic()
        self.refresh()

    def show(self, title: str, message: Message) -> None:
        """Show what is said of a database."""
        self._doing[title] = message.text.removeprefix(f"{title}: ")
        if message.stays:
            self._say(title, message.text)
        elif self._table is None:
            self._progress[title].pass_on(message.text)
        self.refresh()

    def end(self, outcome: Outcome) -> None:
        """Show that a database is done, or failed."""
        title = outcome.title
        self._done += 1
        self._begun.pop(title, None)
        if outcome.error:
            self._failed += 1
            self._say(title, f"{title}: failed: {outcome.error}")
        self.refresh()

    def refresh(self) -> None:
        """Let the table show how long each has been at work."""
        if self._table:
            failed = f", {self._failed} failed" if self._failed else ""
            now = time.monotonic()
            rows = [
                (title, f"{now - begun:.0f} s", self._doing.get(title, ""))
                for title, begun in self._begun.items()
            ]
            self._table.draw(f"{self._done} of {self._total} done{failed}", rows)

    def _say(self, title: str, line: str) -> None:
        if self._quiet:
            return
        if self._table:
            self._table.clear()
        self._progress[title].say(line)


@contextmanager
def shown_board(total: int, *, quiet: bool) -> Iterator[Board]:
    """Provide a board whose table is gone at the end, whatever happens.

    Args:
        total: How many databases there are.
        quiet: Whether to leave out the lines that stay.
    """
    console = terminal()
    if console is None:
        yield Board(total, None, quiet=quiet)
        return
    from dataforeman_schema.commands.sites.moving_table import MovingTable  # noqa: PLC0415 - only on a terminal

    table = MovingTable(console)
    try:
        yield Board(total, table, quiet=quiet)
    finally:
        table.clear()
