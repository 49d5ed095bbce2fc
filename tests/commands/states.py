"""All that an upgrade leaves in a database, in a form that tests can compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import (
    Connection,
    NullPool,
    Text,
    cast,
    column,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.engine import create_engine

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

# Drawn from sequences, at random or from the clock: they differ from run to run.
_DRAWN = (
    *("id", "tag_id", "connection_id"),
    *("created_at", "updated_at", "applied_at", "duration_ms"),
)
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
_HAS_HYPERTABLES = text(
    "SELECT to_regclass('timescaledb_information.dimensions') IS NOT NULL"
)
_DIMENSIONS = text(
    "SELECT to_jsonb(d) - 'hypertable_owner' FROM timescaledb_information.dimensions"
    " AS d ORDER BY hypertable_name, dimension_number"
)


def state(settings: ConnectionSettings) -> dict[str, object]:
    """Read a database's catalog, its rows without drawn values, and its hypertables."""
    engine = create_engine(settings, poolclass=NullPool)
    with engine.connect() as connection:
        found = {
            "catalog": snapshot(connection, without=()),
            "rows": _rows(connection),
        }
        if connection.scalar(_HAS_HYPERTABLES):
            found["dimensions"] = connection.scalars(_DIMENSIONS).all()
    return found


def _rows(connection: Connection) -> dict[str, list[str]]:
    return {
        name: sorted(
            json.dumps(row, sort_keys=True)
            for row in connection.scalars(
                # The name of a table, as a column, is its whole row.
                select(
                    func.to_jsonb(column(name)).op("-")(cast(list(_DRAWN), ARRAY(Text)))
                ).select_from(table(name))
            )
        )
        for name in connection.scalars(_TABLES).all()
    }
