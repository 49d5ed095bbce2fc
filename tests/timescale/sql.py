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


def time_zones(connection: Connection) -> list[tuple[Any, ...]]:
    """The time zones of all jobs, which no view shows."""
    [[table]] = rows(
        connection,
        "SELECT coalesce(to_regclass('_timescaledb_catalog.bgw_job'), "
        "to_regclass('_timescaledb_config.bgw_job'))::text",
    )
    query = f"SELECT proc_name, timezone FROM {table} WHERE id >= 1000 ORDER BY 1, 2"  # noqa: S608
    return rows(connection, query)
