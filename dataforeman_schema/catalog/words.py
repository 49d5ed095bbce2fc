"""How names and values are written in SQL, and SQL where SQLAlchemy reads it."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.dialects.postgresql.base import PGDialect

from dataforeman_schema.printable import (
    escaped,
    has_control,
    printable,
    quote_on_line,
)

# Not a driver's: that one doubles percent signs, which running a statement does.
_PREPARER: Final = PGDialect(paramstyle="named").identifier_preparer  # type: ignore[no-untyped-call]
_PARAMETER: Final = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


def quote(name: str) -> str:
    """Quote an identifier where SQL demands it; it stays on its line."""
    if has_control(name):
        return quote_on_line(name)
    return str(_PREPARER.quote(name))


def literal(value: object) -> str:
    """Write a value as an SQL string, or NULL; lines stay lines."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def literal_line(value: object) -> str:
    """Write a value as an SQL string that stays on its line."""
    text = str(value)
    if not has_control(text):
        return literal(text)
    return "E" + literal(escaped(text, r"\U{:08x}"))


def comment(words: str) -> str:
    """Write words as a comment, which ends where they end."""
    return f"-- {printable(words)}"


def literally(statement: str) -> str:
    """Keep a colon from naming a parameter where SQLAlchemy would see one."""
    return _PARAMETER.sub(r"\\:\1", statement)
