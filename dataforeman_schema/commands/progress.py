"""What a command says while it works: lines, or a live display on a terminal."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from dataforeman_schema import json_log
from dataforeman_schema.output import echo
from dataforeman_schema.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from rich.console import Console
    from rich.status import Status

EVERY_S = 5.0
"""Seconds between two lines about the same wait, where there is no terminal."""


def terminal() -> Console | None:
    """Find the terminal on which a line can be written anew, if there is one."""
    if json_log.is_on() or not (sys.stderr and sys.stderr.isatty()):
        return None
    from rich.console import Console  # noqa: PLC0415 - only where one waits

    console = Console(stderr=True)
    return None if console.is_dumb_terminal else console


class Progress:
    """Where a command says what it does."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._next_line = 0.0

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._stop()
        say(line)

    def wait(self, reason: str, left_s: float) -> None:
        """Show what is being waited for, and for how long at most.

        Args:
            reason: What is wrong as long as the wait goes on.
            left_s: The seconds until it is given up.
        """
        self.show(f"waiting up to {left_s:.0f} s: {reason}")

    def show(self, text: str) -> None:
        """Show what is being done as long as nothing else is said, not too often."""
        if self._console:
            self._display(self._console, text)
        else:
            self.pass_on(text)

    def pass_on(self, text: str) -> None:
        """Print a line that only says what goes on, unless one was printed just now."""
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + EVERY_S
            warn(text)

    @cached_property
    def _console(self) -> Console | None:
        return terminal()

    def _display(self, console: Console, text: str) -> None:
        from rich.text import Text  # noqa: PLC0415 - only where one waits

        if self._status is None:
            self._status = console.status("")
            self._status.start()
        self._status.update(Text(printable(text)))  # brackets in a name are no markup

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    @classmethod
    @contextmanager
    def shown(cls) -> Iterator[Progress]:
        """Provide a display that is gone at the end, whatever happens."""
        progress = cls()
        try:
            yield progress
        finally:
            progress._stop()


def say(line: str) -> None:
    """Say what was done: on standard output, or in the log if that is JSON."""
    if json_log.is_on():
        json_log.write("INFO", line)
    else:
        _echo(line)


def warn(line: str) -> None:
    """Say on standard error what is waited for, or what else to know meanwhile."""
    if json_log.is_on():
        json_log.write("WARNING", line)
    else:
        _echo(line, err=True)


def _echo(line: str, *, err: bool = False) -> None:
    try:
        echo(line, err=err)
    except OSError:  # nobody reads: no reason to leave a migration half way
        silence(sys.stderr if err else sys.stdout)


def silence(stream: TextIO) -> None:
    """Drop what is still written to a stream that nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
