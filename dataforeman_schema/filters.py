"""Filters for an Alembic environment of one's own, beside our trees.

Pass one to ``context.configure(include_name=…)``: `not_ours` where your tables are in
the schema of ours, `ours` where a tool shall see ours alone.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOOKKEEPING: Final = frozenset({"alembic_version", "schema_history"})
_OUR_SCHEMAS: Final = re.compile(
    r"set_aside(_\d+)?$|_timescaledb_|timescaledb_(information|experimental)$"
)
"""What `adopt` and fixes set aside, and what TimescaleDB keeps for our hypertables."""


def ours(
    name: str | None,
    type_: str,
    parent_names: Mapping[Any, str | None],
) -> bool:
    """Tell whether something in a database belongs to DataForeman's schema.

    A table does by its name, in the schema that a connection finds first and in
    ``public``; and with a table all that it has.

    Args:
        name: The name found in the database; None is the schema found first.
        type_: What it names: "schema", "table", "column" and so on.
        parent_names: Where it was found.

    Returns:
        Whether it is ours. A schema may hold ours and others' until it is looked into.
    """
    if type_ == "schema":
        return name in {None, "public"} or _is_our_schema(name)
    return (
        _holds_ours(parent_names.get("schema_name"))
        and (name if type_ == "table" else parent_names.get("table_name")) in _tables()
    )


def not_ours(
    name: str | None,
    type_: str,
    parent_names: Mapping[Any, str | None],
) -> bool:
    """Leave all out that belongs to DataForeman's schema, so that nothing drops it.

    Args:
        name: The name found in the database; None is the schema found first.
        type_: What it names: "schema", "table", "column" and so on.
        parent_names: Where it was found.

    Returns:
        Whether Alembic shall compare it with your models.
    """
    if type_ == "schema":
        return not _is_our_schema(name)
    return not ours(name, type_, parent_names)


def _is_our_schema(name: str | None) -> bool:
    return name is not None and _OUR_SCHEMAS.match(name) is not None


def _holds_ours(schema: str | None) -> bool:
    return schema in {None, "public"} or _is_our_schema(schema)


@cache
def _tables() -> frozenset[str]:
    """Name the tables of both databases, which importing the models tells."""
    from dataforeman_schema.databases import DATABASES  # noqa: PLC0415 - the models

    models = (database.metadata().tables for database in DATABASES.values())
    return _BOOKKEEPING.union(*models)
