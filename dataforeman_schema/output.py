"""What commands print: the one place where text goes to a terminal."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from dataforeman_schema.printable import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable


def echo(line: object, *, err: bool = False, **style: Any) -> None:  # noqa: ANN401 - click's
    """Print a line, control characters escaped.

    Args:
        line: The line; whatever in it is not ours need not be looked at before.
        err: Whether it goes to standard error.
        style: What `click.style` takes; none of it where NO_COLOR is set.
    """
    _print(printable(str(line)), style, err=err)


def echo_lines(text: str, *, err: bool = False) -> None:
    """Print a text whose lines are wanted, other control characters escaped.

    Args:
        text: The text; names in it must have been quoted so that they add no line.
        err: Whether it goes to standard error.
    """
    _print(printable_lines(text), {}, err=err)


def echo_json(value: object, default: Callable[[Any], str] | None = None) -> None:
    """Print JSON for programs.

    Args:
        value: What to print.
        default: Writes what JSON has no form for.
    """
    # JSON escapes all control characters but this one.
    text = json.dumps(value, indent=2, default=default).replace("\x7f", "\\u007f")
    _print(text, {}, err=False)


def _print(text: str, style: dict[str, Any], *, err: bool) -> None:
    styled = style and not os.environ.get("NO_COLOR")
    text = click.style(text, **style) if styled else text
    click.echo(text, err=err)  # noqa: TID251 - what is printed is escaped
