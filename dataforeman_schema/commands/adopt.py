"""Taking over databases that are what a revision makes, and do not record it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.util import CommandError
from sqlalchemy import NullPool, inspect, text

from dataforeman_schema.alembic_env.comparison import compare_with
from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.extension_state import read_extension
from dataforeman_schema.catalog import NoScratchSchema
from dataforeman_schema.catalog.changes import changes, listed
from dataforeman_schema.commands.head import revisions
from dataforeman_schema.connection import SET_SEARCH_PATH
from dataforeman_schema.databases import RECORDED_QUERY
from dataforeman_schema.engine import create_engine
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


def adopt(
    database: Database, settings: ConnectionSettings, say: Callable[[str], None]
) -> None:
    """Record the newest revision that makes exactly what a database has.

    Everything is compared, as `verify` does, and no row is touched. Objects that no
    revision makes are foreign and stay.

    Args:
        database: Which of the two it should be.
        settings: Where it is.
        say: Told what was done.

    Raises:
        ConnectionFailed: It cannot be reached.
        SchemaError: It has none of our tables, or is not what any revision makes; the
            message names what differs from the nearest. Nothing is changed then.
    """
    engine = create_engine(settings, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(SET_SEARCH_PATH))
        connection.commit()
        recorded = _recorded(connection)
        if recorded:
            say(f"{database.title}: at {', '.join(recorded)}, nothing to adopt")
            return
        revision = _recognize(connection, database)
    try:
        command.stamp(configure(database, settings), revision)
    except CommandError as error:
        raise SchemaError(str(error)) from error
    say(f"{database.title}: it is what {revision} makes, which is recorded now")


def _recorded(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.scalars(text(RECORDED_QUERY)))


def _recognize(connection: Connection, database: Database) -> str:
    """Find the newest revision that makes what is there."""
    there = set(inspect(connection).get_table_names())
    if not there & set(database.critical_tables):
        raise SchemaError(
            f"the {database.title} has none of our tables; dataforeman-schema upgrade "
            "makes them"
        )
    nearest: dict[str, list[Change]] = {}
    for revision in reversed(revisions(database)):
        nearest[revision] = _differences(connection, database, revision)
        if not nearest[revision]:
            return revision
    revision = min(nearest, key=lambda each: len(nearest[each]))
    raise SchemaError(_refusal(database, revision, nearest[revision]))


def _differences(
    connection: Connection, database: Database, revision: str
) -> list[Change]:
    database.register_operations()
    extension = read_extension(connection, database)
    try:
        compared = compare_with(connection, database, revision, extension)
    except NoScratchSchema as error:
        raise SchemaError(
            f"the {database.title} cannot be compared: {error}"
        ) from error
    finally:
        connection.rollback()
    return changes(compared.operations)


def _refusal(database: Database, revision: str, found: list[Change]) -> str:
    return (
        f"the {database.title} is not what any revision makes: from {revision}, the "
        f"nearest, differ {listed(found)}; mend that, or leave it to what made it"
    )
