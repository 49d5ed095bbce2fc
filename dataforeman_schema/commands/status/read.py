"""Reading the state of a database over one short connection."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from dataforeman_schema.commands.head import revisions
from dataforeman_schema.commands.look import looking
from dataforeman_schema.commands.status import queries
from dataforeman_schema.commands.status.state import Hypertable, Status, Step, Table
from dataforeman_schema.connection import connect

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_OWN_TABLES = ["alembic_version", "schema_history"]


def read_status(database: Database, last: int) -> Status:
    """Look at one database; nothing is changed.

    Args:
        database: Which of the two; the environment says where it is.
        last: How many steps of its history to read.

    Raises:
        SchemaError: It cannot be reached or read, or a setting cannot be right.
    """
    settings = database.settings()
    with (
        closing(connect(settings)) as connection,
        looking(connection, database, settings) as cursor,
    ):
        return _read(cursor, database, settings, last)


def _read(
    cursor: Cursor, database: Database, settings: ConnectionSettings, last: int
) -> Status:
    [(postgresql, timescaledb, versioned, recorded)] = _rows(cursor, queries.OVERVIEW)
    current = [row[0] for row in _rows(cursor, queries.CURRENT)] if versioned else []
    steps = _rows(cursor, queries.HISTORY, last=last) if recorded else []
    tables = _rows(cursor, queries.TABLES, own=_OWN_TABLES)
    hypertables = _rows(cursor, queries.HYPERTABLES) if timescaledb else []
    line = revisions(database)
    return Status(
        database=database.name,
        title=database.title,
        place=str(settings),
        postgresql=postgresql.partition(" ")[0],
        timescaledb=timescaledb,
        current=current,
        head=line[-1],
        pending=_pending(line, current),
        history=[Step(*row) for row in steps],
        tables=[Table(*row) for row in tables],
        hypertables=[Hypertable(*row) for row in hypertables],
    )


def _pending(line: list[str], current: list[str]) -> list[str]:
    if any(revision not in line for revision in current):
        return []  # a newer release's
    return line[max((line.index(revision) + 1 for revision in current), default=0) :]


def _rows(cursor: Cursor, query: str, **parameters: object) -> list[tuple[Any, ...]]:
    cursor.execute(query, parameters)
    return cursor.fetchall()
