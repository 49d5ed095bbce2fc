"""Bringing a development database to a revision that was written again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from dataforeman_schema.alembic_env.comparison import compare_with
from dataforeman_schema.alembic_env.data_loss import data_loss_guard
from dataforeman_schema.alembic_env.extension_state import read_extension
from dataforeman_schema.alembic_env.failures import explained
from dataforeman_schema.alembic_env.history import record_rewritten
from dataforeman_schema.alembic_env.home import (
    check_overloads,
    recorded_heads,
    unpinned,
)
from dataforeman_schema.alembic_env.lock import migration_lock
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.session import open_session
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation
    from alembic.script import Script
    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database

_LOST: Final = (
    "what the models no longer have would lose %s; nothing was changed: back them up "
    "or move them, then run it again with --lose-data"
)


def read_changes(database: Database, script: Script) -> list[MigrateOperation] | None:
    """Find what would bring a database from its newest revision to the models.

    What the revision makes is only known to be ours until it is written again.

    Args:
        database: Which of the two; the environment says where it is.
        script: The revision, as it was.

    Returns:
        The changes, in order; None: it is not at that revision.

    Raises:
        SchemaError: The database cannot be compared.
    """
    with _session(database, Options()) as connection:
        if recorded_heads(connection) == (script.revision,):
            return _compare(connection, database, script)
    return None


def bring_along(
    database: Database,
    script: Script,
    operations: list[MigrateOperation],
    options: Options,
) -> None:
    """Make changes in a database, and record that its newest revision is written anew.

    What stays keeps its rows.

    Args:
        database: Which of the two; the environment says where it is.
        script: The revision, as it is now.
        operations: The changes.
        options: How to wait and what may be lost.

    Raises:
        SchemaError: Something would be lost, or cannot be changed; nothing was changed.
    """
    with (
        _session(database, options) as connection,
        migration_lock(connection, options.lock_wait),
    ):
        check_overloads(connection)
        extension = read_extension(connection, database)
        connection.rollback()
        opts = {"timescaledb_absent": not extension.is_usable, "fills_aggregates": True}
        context = MigrationContext.configure(connection, opts=opts)
        with context.begin_transaction():
            with (
                data_loss_guard(connection, database, _LOST, allowed=options.lose_data),
                unpinned(connection),
            ):
                for operation in operations:
                    Operations(context).invoke(operation)
            _check(database, _compare(connection, database, script))
            record_rewritten(connection, script)
        if database.needs_timescaledb and extension.is_usable:
            from dataforeman_schema.timescale import fill_aggregates  # noqa: PLC0415 (slow)

            fill_aggregates(connection)


@contextmanager
def _session(database: Database, options: Options) -> Iterator[Connection]:
    with (
        explained(database, "nothing was changed"),
        open_session(database.settings(), options) as connection,
    ):
        yield connection


def _compare(
    connection: Connection, database: Database, script: Script
) -> list[MigrateOperation]:
    extension = read_extension(connection, database)
    return compare_with(connection, database, script.revision, extension).operations


def _check(database: Database, left: list[MigrateOperation]) -> None:
    if left:
        raise SchemaError(
            f"the {database.title} would not be what the models say, {len(left)} "
            "differences stay; nothing was changed: take it back before the revision "
            f"is written again, with alembic -n {database.name} downgrade -1"
        )
