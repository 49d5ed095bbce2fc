"""The indexes that TimescaleDB makes of itself, known by what they are.

They keep their names when the table or the time column gets another, and have a number
after it where the name was taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import desc_op

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Index

    from .catalog import Catalog, IndexKeys, Relation

_LONGEST_NAME: Final = 63
_ASCENDING, _DESCENDING = (
    0,
    3,
)  # as pg_index.indoption says it, nulls where SQL has them


def default_index_name(table_name: str, column: str) -> str:
    """Name the index that TimescaleDB makes on a time column.

    Args:
        table_name: The hypertable.
        column: The time column.

    Returns:
        The name, cut as PostgreSQL cuts it to 63 bytes.
    """
    parts = [table_name.encode(), column.encode()]
    while sum(map(len, parts)) > _LONGEST_NAME - len("__idx"):
        longer = 0 if len(parts[0]) > len(parts[1]) else 1
        parts[longer] = parts[longer][:-1]
    table, time = (part.decode(errors="ignore") for part in parts)
    return f"{table}_{time}_idx"


def default_indexes(
    catalog: Catalog, relation: Relation, declared: Iterable[str]
) -> set[str]:
    """Find the indexes that TimescaleDB made of itself, whatever they are called.

    Args:
        catalog: What the database has.
        relation: The hypertable.
        declared: The names of the indexes that the model declares, which are not.

    Returns:
        The names of those by time, and by a hash column and time.
    """
    made = _made_of_itself([it.column for it in catalog.dimensions[relation]])
    found = catalog.indexes[relation].items()
    return {name for name, keys in found if keys in made} - set(declared)


def is_default_index(index: Index, dimensions: Sequence[str]) -> bool:
    """Say whether a reflected index is one that TimescaleDB makes of itself.

    Args:
        index: The index.
        dimensions: The hypertable's time column and hash columns.
    """
    options = index.dialect_options["postgresql"]
    special = any(options[key] for key in ("where", "include", "using", "ops", "with"))
    keys = tuple(map(_key, index.expressions))
    return not (index.unique or special) and keys in _made_of_itself(dimensions)


def _made_of_itself(dimensions: Sequence[str]) -> set[IndexKeys]:
    time, *hashed = dimensions
    by_time = (time, _DESCENDING)
    return {(by_time,), *(((column, _ASCENDING), by_time) for column in hashed)}


def _key(term: object) -> tuple[str, int]:
    if isinstance(term, UnaryExpression) and term.modifier is desc_op:
        return str(getattr(term.element, "name", "")), _DESCENDING
    return str(getattr(term, "name", "")), _ASCENDING
