"""Reading the migrations' own tables, whatever has become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2 import DataError
from psycopg2.errors import CannotCoerce
from sqlalchemy import cast, select
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from sqlalchemy import Connection, Row, Table


def read_rows(
    connection: Connection, table: Table, columns: Container[tuple[str, str]]
) -> Sequence[Row[Any]] | str:
    """Read the rows of a table, each once, by its first column.

    Their values are cast to what is declared: those of another type may be the same.

    Args:
        connection: An open connection.
        table: One of the migrations' own that is there, as it is declared.
        columns: The names of all columns that are there, each after its table's.

    Returns:
        The rows, or in words why they cannot be read.
    """
    lacking = [
        column.name for column in table.c if (table.name, column.name) not in columns
    ]
    if lacking:
        return f"it lacks columns ({', '.join(lacking)})"
    values = [cast(column, column.type).label(column.name) for column in table.c]
    query = select(*values).distinct().order_by(values[0])
    try:
        with connection.begin_nested():
            return connection.execute(query).all()
    except DBAPIError as error:
        if not isinstance(error.orig, (DataError, CannotCoerce)):
            raise
        return "it has values of other types than the schema's"
