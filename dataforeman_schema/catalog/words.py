"""How names and values are written in SQL, and SQL where SQLAlchemy reads it."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.dialects.postgresql.base import PGDialect

from dataforeman_schema.printable import has_control, printable

# Not a driver's: that one doubles percent signs, which running a statement does.
_PREPARER: Final = PGDialect(paramstyle="named").identifier_preparer  # type: ignore[no-untyped-call]
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_PARAMETER: Final = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


def quote(name: str) -> str:
    """Quote an identifier where SQL demands it; it stays on its line."""
    if has_control(name):
        escaped = _escaped(name, r"\{:04x}").replace('"', '""')
        return f'U&"{escaped}"'
    return str(_PREPARER.quote(name))


def literal(value: object) -> str:
    """Write a value as an SQL string, or NULL; lines stay lines."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def literal_line(value: object) -> str:
    """Write a value as an SQL string that stays on its line."""
    text = str(value)
    if not has_control(text):
        return literal(text)
    return "E" + literal(_escaped(text, r"\U{:08x}"))


def comment(words: str) -> str:
    """Write words as a comment, which ends where they end."""
    return f"-- {printable(words)}"


def _escaped(text: str, form: str) -> str:
    r"""Write control characters by their number, and backslashes twice."""
    return "".join(
        form.format(ord(each)) if has_control(each) else each.replace("\\", "\\\\")
        for each in text
    )


def unquoted(name: str) -> str:
    """Read an identifier that the server wrote."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def requote(words: str) -> str:
    """Let names that the server quoted stay on their line, where no strings are."""
    return _QUOTED.sub(lambda found: _on_line(found[0]), words)


def _on_line(name: str) -> str:
    return quote(unquoted(name)) if has_control(name) else name


def literally(statement: str) -> str:
    """Keep a colon from naming a parameter where SQLAlchemy would see one."""
    return _PARAMETER.sub(r"\\:\1", statement)
