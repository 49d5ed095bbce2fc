"""SQL as somebody would type it, with its colons and percent signs as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection


def run(connection: Connection, statements: str) -> None:
    """Run statements, separated by a semicolon and a space, and commit them."""
    for statement in statements.split("; "):
        connection.exec_driver_sql(statement.replace("%", "%%"))
    connection.commit()


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """Run a query and end its transaction."""
    found = connection.exec_driver_sql(query.replace("%", "%%")).all()
    connection.commit()
    return [tuple(row) for row in found]
