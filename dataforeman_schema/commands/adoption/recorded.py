"""Which revision a database has on record, and whether it is there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.comparison import compare_with
from dataforeman_schema.alembic_env.extension_state import read_extension
from dataforeman_schema.alembic_env.guards import check_recorded
from dataforeman_schema.alembic_env.history import was_adopted
from dataforeman_schema.alembic_env.home import read_recorded
from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.commands.adoption import metrics
from dataforeman_schema.commands.adoption.forms import RECORDS
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database


def recorded_revision(
    connection: Connection, database: Database, tables: Collection[str]
) -> str | None:
    """Read the revision on record.

    Args:
        connection: A connection to the database; nothing is changed.
        database: Which of the two.
        tables: The names of its tables.

    Returns:
        The revision; None if there is none, as before the first one.

    Raises:
        SchemaError: It is no revision of this release, or somebody wrote it down of a
            database that is what the former tool made.
    """
    if "alembic_version" not in tables:
        return None
    check_recorded(connection, database, set(revisions(database)))
    recorded = read_recorded(connection)
    for revision in recorded:
        _refuse_stamped(connection, database, revision, tables)
    return ", ".join(recorded) or None


def _refuse_stamped(
    connection: Connection, database: Database, revision: str, tables: Collection[str]
) -> None:
    is_former = not set(RECORDS).isdisjoint(tables) or metrics.is_former(connection)
    if not is_former or was_adopted(connection):
        return
    database.register_operations()
    extension = read_extension(connection, database)
    if compare_with(connection, database, revision, extension).operations:
        raise SchemaError(
            f"the {database.title} has {revision} on record and is not what that "
            "makes, but what the former tool made: somebody stamped it; take that back "
            "with DROP TABLE IF EXISTS alembic_version, schema_history, and adopt it"
        )
