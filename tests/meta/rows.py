"""Rows of a whole metadata database, and rows to put into it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    Table,
    Uuid,
    insert,
    inspect,
    text,
)

from dataforeman_schema.meta import metadata

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Engine

SEEDED = ("roles", "users", "poll_groups", "units_of_measure", "connections")
"""The seeded tables that others refer to."""

CATALOG = json.loads(
    (Path(__file__).parent / "metadata-catalog.json").read_text("utf-8")
)
"""The tables that the seed data found; later revisions may have added to them."""


def keys_to(tables: Collection[str]) -> dict[str, ForeignKey]:
    """Find every foreign key that pointed at a table when the seed data came."""
    return {
        f"{name}.{key.parent.name}": key
        for name, table in metadata.tables.items()
        for key in table.foreign_keys
        if key.parent.name in CATALOG.get(name, {}).get("columns", ())
        and key.column.table.name in tables
    }


REFERENCES = keys_to(SEEDED)
"""Every foreign key that points at a seeded table."""


def read_rows(engine: Engine) -> dict[str, list[str]]:
    """Read every row of every table of ours that is there, as JSON text."""
    with engine.connect() as connection:
        names = metadata.tables.keys() & set(inspect(connection).get_table_names())
        return {name: read_table(connection, name) for name in names}


def read_table(connection: Connection, name: str) -> list[str]:
    """Read every row of a table, as JSON text."""
    rows = connection.scalars(text(f"SELECT to_jsonb(t)::text FROM {name} AS t"))  # noqa: S608
    return sorted(rows)


def refer(connection: Connection, key: ForeignKey, value: object) -> None:
    """Insert a row whose foreign key has a value, and little else."""
    table = key.parent.table
    assert isinstance(table, Table)
    row = {c.name: fill(connection, c) for c in table.columns if is_needed(c)}
    connection.execute(insert(table).values(row | {key.parent.name: value}))


def is_needed(column: Column[Any]) -> bool:
    """Tell whether an INSERT must name a column."""
    is_serial = column is column.table.autoincrement_column
    return not (column.nullable or column.server_default is not None or is_serial)


def fill(connection: Connection, column: Column[Any]) -> object:
    """Find a value for a column: a row of the table it refers to, or one by type."""
    for key in column.foreign_keys:
        return first_key(connection, key)
    for type_, value in ((Uuid, uuid4()), (Integer, 1), (DateTime, datetime.now(UTC))):
        if isinstance(column.type, type_):
            return value
    return {"driver_type": "EIP"}.get(column.name, "x")


def first_key(connection: Connection, key: ForeignKey) -> object:
    """Read the value that a foreign key can have from the first row that it may."""
    referred = key.column
    statement = f"SELECT {referred.name} FROM {referred.table} ORDER BY 1 LIMIT 1"  # noqa: S608
    return connection.scalar(text(statement))
