"""How names and values are written in SQL, and SQL where SQLAlchemy reads it."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.dialects.postgresql.base import PGDialect

# Not a driver's: that one doubles percent signs, which running a statement does.
_PREPARER: Final = PGDialect(paramstyle="named").identifier_preparer  # type: ignore[no-untyped-call]
_PARAMETER: Final = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


def quote(name: str) -> str:
    """Quote an identifier where SQL demands it."""
    return str(_PREPARER.quote(name))


def literal(value: object) -> str:
    """Write a value as an SQL string, or NULL."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def unquoted(name: str) -> str:
    """Read an identifier that the server wrote."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def literally(statement: str) -> str:
    """Keep a colon from naming a parameter where SQLAlchemy would see one."""
    return _PARAMETER.sub(r"\\:\1", statement)
