"""What a database says of itself, read with one query a kind of object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from dataforeman_schema.catalog.queries import QUERIES, RELATION, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

Properties = dict[str, Any]
"""What an object is like, in the server's words."""

Snapshot = dict[str, dict[str, Properties]]
"""For each kind ("tables", "columns", …) the objects by name."""


def snapshot(
    connection: Connection,
    schema: str = "public",
    without: Collection[str] = ("alembic_version", "schema_history"),
) -> Snapshot:
    """Read the definition of everything in a schema; no rows, no object ids.

    Two databases with equal snapshots have the same tables, columns (in order),
    constraints, indexes, triggers, sequences, views, functions, types and comments.
    What an extension owns is left out. The server writes names of other schemas with
    their schema, and those that the session's search_path finds without.

    Args:
        connection: Any connection; it is only read, in its current transaction.
        schema: Name of the schema.
        without: Names of tables and sequences to leave out; if not told, those of the
            migrations themselves.

    Returns:
        For each kind ("tables", "columns", …) the objects by name, "table.name" for
        what belongs to a table, each with its properties as the server words them.
    """
    named = {"schema": schema, "without": list(without)}
    relations = connection.scalars(text(RELATIONS), named).all()
    parameters = {"schema": schema, "relations": list(relations)}
    return {
        kind: dict(connection.execute(text(RELATION + query), parameters).all())
        for kind, query in QUERIES.items()
    }


def without_comments(made: Snapshot) -> Snapshot:
    """Leave what a schema holds, without what is said of it."""
    return {
        kind: {
            name: {key: value for key, value in found.items() if key != "comment"}
            for name, found in objects.items()
        }
        for kind, objects in made.items()
    }
