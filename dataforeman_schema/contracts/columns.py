"""What a column of the models is, in the words of the mapping."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CheckConstraint, Enum
from sqlalchemy.dialects import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
JSON_TYPES: Final = {
    "smallint": {"integer"},
    "integer": {"integer"},
    "bigint": {"integer"},
    "double precision": {"integer", "number", "boolean"},  # a boolean as 0 or 1
    "boolean": {"boolean"},
    "text": {"string"},
    "uuid": {"string"},
    "timestamp with time zone": {"string"},
}
"""The types of JSON whose values a type of column takes."""


def type_name(column: Column[Any]) -> str:
    """Write the type of a column as PostgreSQL does."""
    name = column.type.compile(_DIALECT)
    return name if isinstance(column.type, Enum) else name.lower()


def definition(column: Column[Any]) -> str:
    """Write the type of a column, NOT NULL and the CHECKs that say no set of values."""
    checks = [
        f"CHECK ({check.sqltext})"
        for check in _checks(column)
        if "values" not in check.info
    ]
    not_null = [] if column.nullable else ["NOT NULL"]
    return " ".join([type_name(column), *not_null, *sorted(checks)])


def values(column: Column[Any]) -> set[str] | None:
    """List the values that a column is limited to; None: it is not."""
    if isinstance(column.type, Enum):
        return set(column.type.enums)
    for check in _checks(column):
        if "values" in check.info:
            return set(check.info["values"])
    return None


def _checks(column: Column[Any]) -> Iterator[CheckConstraint]:
    """Find the CHECKs that name a column, in another string at worst."""
    name = re.compile(rf"\b{re.escape(column.name)}\b")
    for constraint in column.table.constraints:
        if isinstance(constraint, CheckConstraint) and name.search(
            str(constraint.sqltext)
        ):
            yield constraint
