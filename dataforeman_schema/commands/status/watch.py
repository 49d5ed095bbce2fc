"""Showing the state of the databases again and again, on a terminal."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import click

from dataforeman_schema.errors import CouldNotLookError
from dataforeman_schema.output import echo

if TYPE_CHECKING:
    from collections.abc import Callable

_CLEAR = "\x1b[2J\x1b[3J\x1b[H"


def watch(every_s: float, look: Callable[[], None]) -> None:
    """Clear the terminal and look again, until somebody interrupts it.

    A database that cannot be looked at is said, and looked at again.

    Args:
        every_s: The seconds between two looks.
        look: Looks and prints.

    Raises:
        click.UsageError: Standard output is no terminal.
    """
    if not (sys.stdout and sys.stdout.isatty()):
        raise click.UsageError("--watch needs a terminal.")
    with suppress(KeyboardInterrupt):
        while True:
            _show(every_s, look)
            time.sleep(every_s)


def _show(every_s: float, look: Callable[[], None]) -> None:
    now = datetime.now().astimezone()
    sys.stdout.write(_CLEAR)
    echo(f"{now:%Y-%m-%d %H:%M:%S}, every {every_s:g} s, until Ctrl-C")
    try:
        look()
    except CouldNotLookError as error:
        echo(f"cannot look: {error}")
