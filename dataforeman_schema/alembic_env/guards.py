"""What must hold of a database before Alembic works on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection

MINIMUM_TIMESCALEDB = (2, 18)
"""The oldest release of the extension that is supported."""


def check_database(connection: Connection, database: Database) -> None:
    """Refuse a database that is not the one that the chosen tree migrates.

    Reads only.

    Args:
        connection: An open connection to it.
        database: The database that was chosen.

    Raises:
        SchemaError: The other tree migrated it, or it needs the timescaledb
            extension and cannot have it.
    """
    check_history(connection, database)
    if database.needs_timescaledb:
        check_timescaledb(connection)


def check_history(connection: Connection, database: Database) -> None:
    """Refuse a database whose recorded revisions belong to another tree."""
    if not inspect(connection).has_table("alembic_version"):
        return
    for revision in connection.scalars(text("SELECT version_num FROM alembic_version")):
        other = DATABASES.get(revision.partition("_")[0])
        if other is not None and other is not database:
            raise SchemaError(_explain_other(other, revision, database))


def _explain_other(other: Database, revision: str, database: Database) -> str:
    names = database.variables
    return (
        f"this is the {other.title} (it is at {revision}), not the {database.title}; "
        f"set {names.prefix}DATABASE or {names.url} to the {database.title}, "
        f"or run alembic -n {other.name}"
    )


def check_timescaledb(connection: Connection) -> None:
    """Refuse a server without the timescaledb extension, or with one too old."""
    version: str | None = connection.scalar(
        text(
            "SELECT coalesce(installed_version, default_version)"
            " FROM pg_available_extensions WHERE name = 'timescaledb'"
        )
    )
    wanted = ".".join(map(str, MINIMUM_TIMESCALEDB))
    if version is None:
        raise SchemaError(
            "the telemetry server has no timescaledb extension; install TimescaleDB "
            f"{wanted} or later there, or point TSDB_HOST and TSDB_PORT at a server "
            "that has it"
        )
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < MINIMUM_TIMESCALEDB:
        raise SchemaError(
            f"timescaledb {version} is too old; install {wanted} or later and run "
            "ALTER EXTENSION timescaledb UPDATE"
        )
