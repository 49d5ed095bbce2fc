"""Text of a database or a file, made fit for a terminal or a log.

What is not ours may hold sequences that move the cursor, hide or forge lines, or turn
the direction of writing. All that is printed goes through here.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import fields, is_dataclass, replace
from typing import Final, TypeVar, cast

T = TypeVar("T")

_CONTROL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL and C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of writing
    "\u2028\u2029\ud800-\udfff]"  # other ends of lines, and what no terminal can show
)
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_CONTROL_OF_LINES: Final = re.compile(f"(?![\n\t]){_CONTROL.pattern}")


def has_control(text: str) -> bool:
    """Tell whether a text holds anything that would be escaped."""
    return _CONTROL.search(text) is not None


def printable(text: str) -> str:
    r"""Show control characters escaped: a line end as \n, ESC as \x1b."""
    return _CONTROL.sub(_escape, text)


def printable_lines(text: str) -> str:
    """Show control characters escaped, in a text of several lines."""
    return _CONTROL_OF_LINES.sub(_escape, text)


def escaped(text: str, form: str) -> str:
    r"""Write control characters by their number, and backslashes twice."""
    return "".join(
        form.format(ord(each)) if has_control(each) else each.replace("\\", "\\\\")
        for each in text
    )


def quote_on_line(name: str) -> str:
    """Put an SQL identifier into double quotes; it stays on its line."""
    if has_control(name):
        inner = escaped(name, r"\{:04x}")
        return 'U&"' + inner.replace('"', '""') + '"'
    return '"' + name.replace('"', '""') + '"'


def unquoted(name: str) -> str:
    """Read an identifier that the server wrote."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def requote(words: str) -> str:
    """Let names that the server quoted stay on their line, where no strings are."""
    return _QUOTED.sub(lambda found: _on_line(found[0]), words)


def _on_line(name: str) -> str:
    return quote_on_line(unquoted(name)) if has_control(name) else name


def print_warnings_in_lines() -> None:
    """Let each warning of this process be one line, without the code it is from."""
    warnings.formatwarning = _format_warning


def _format_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,  # noqa: ARG001 - passed by name, too
    lineno: int,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> str:
    return f"{category.__name__}: {printable(str(message))}\n"


def printable_parts(value: T) -> T:
    """Copy a dataclass, or a list, with control characters in its texts escaped."""
    return cast("T", _parts(value))


def _parts(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_parts(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: getattr(value, each.name) for each in fields(value)}
        return replace(value, **{name: _parts(part) for name, part in parts.items()})
    return value


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
