"""The migrations' own tables, declared and read whatever has become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from psycopg2 import DataError
from psycopg2.errors import CannotCoerce
from sqlalchemy import cast, select
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.history import HISTORY, VERSION

if TYPE_CHECKING:
    from collections.abc import Container

    from sqlalchemy import Connection, Select, Table

OWN: Final = {table.name: table for table in (VERSION, HISTORY)}
"""What they should be like, by name."""


def reading(table: Table) -> Select[*tuple[Any, ...]]:
    """Write a query for the rows of a table, each once, by its first column.

    Its values are cast to what is declared: those of another type may be the same.
    """
    columns = [cast(it, it.type).label(it.name) for it in table.c]
    return select(*columns).distinct().order_by(columns[0])


def why_unreadable(
    connection: Connection, table: Table, columns: Container[tuple[str, str]]
) -> str | None:
    """Say why the rows of a table cannot be read, if so.

    Args:
        connection: An open connection.
        table: One of the migrations' own that is there.
        columns: The names of all columns that are there, each after its table's.
    """
    lacking = [it.name for it in table.c if (table.name, it.name) not in columns]
    if lacking:
        return f"it lacks columns ({', '.join(lacking)})"
    try:
        with connection.begin_nested():
            connection.execute(reading(table)).all()
    except DBAPIError as error:
        if not isinstance(error.orig, (DataError, CannotCoerce)):
            raise
        return "it has values of other types than the schema's"
    return None
