"""A few rows that two schemas both accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.catalog.definitions import literal, quote, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, MetaData

_VALUES = {
    "id": ("1", "2", "3"),
    "n": ("1", "2", "7"),
    "t": ("11", "12", None),
    "Some when": ("2024-01-01 00:00:00", None, "2024-03-01 00:00:00"),
    "flag": ("true", "false", None),
    "data": ("{}", '{"a": 1}', None),
    "tags": ("{}", "{a}", None),
    "span": ("[1,2)", "[3,4)", None),
    "ref": ("1", "2", None),
    "mood": ("a", "a", None),
}
"""Three of each column, as texts that any of its types takes."""

Row = tuple[str, dict[str, str | None]]
"""A table and the values of a row."""


def accepted(connection: Connection, *models: MetaData) -> list[Row]:
    """Find the rows that can be in a database of either models; maybe none."""
    rows = list(_candidates(*models))
    for metadata in (*models, *models):
        with connection.begin_nested() as savepoint:
            metadata.create_all(connection, checkfirst=False)
            rows = [row for row in rows if _takes(connection, row)]
            savepoint.rollback()
    return rows


def fill(connection: Connection, rows: Iterable[Row]) -> None:
    """Insert rows, all checks made at once."""
    for row in rows:
        assert _takes(connection, row)


def values(connection: Connection, *models: MetaData) -> list[Any]:
    """Read what both models keep; a number is the same however it is written."""
    read = {"n": "CAST(CAST(n AS text) AS numeric)"}
    return [
        connection.execute(
            text(
                f"SELECT {', '.join(read.get(name, name) for name in columns)}"  # noqa: S608
                f" FROM {table} ORDER BY id"
            )
        ).all()
        for table, columns in _common(*models)
    ]


def _candidates(*models: MetaData) -> Iterable[Row]:
    for table, columns in _common(*models):
        for number in range(3):
            yield table, {name: _VALUES[unquoted(name)][number] for name in columns}


def _common(one: MetaData, other: MetaData) -> Iterable[tuple[str, list[str]]]:
    for name in one.tables.keys() & other.tables.keys():
        if one.tables[name].is_view or other.tables[name].is_view:
            continue  # rows of a materialized one are as old as it is
        both = (one.tables[name].c, other.tables[name].c)
        columns = [c.name for c in both[0] if c.name in both[1] and c.name in _VALUES]
        yield quote(name), [quote(column) for column in sorted(columns)]


def _takes(connection: Connection, row: Row) -> bool:
    table, values = row
    given = ", ".join(literal(value) for value in values.values())
    insert = (
        f"INSERT INTO {table} ({', '.join(values)})"  # noqa: S608
        f" OVERRIDING SYSTEM VALUE VALUES ({given})"
    )
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(insert.replace("%", "%%"))
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except DBAPIError:
        return False
    return True
