"""What the revisions of a tree make, run in a schema that nobody else sees."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import alembic.op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event, text

from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.guards import check_scripts
from dataforeman_schema.alembic_env.home import making, unpinned
from dataforeman_schema.alembic_env.released import check_released
from dataforeman_schema.catalog import scratch_schema, snapshot
from dataforeman_schema.catalog.new_labels import usable_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from alembic.script import Script
    from sqlalchemy import Connection, Inspector, Table

    from dataforeman_schema.catalog.comparison import Names
    from dataforeman_schema.databases import Database

# Other schemas of the search_path may have tables, too.
_TABLES: Final = text(
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
    " AND relnamespace = CAST(quote_ident(current_schema()) AS regnamespace)"
)

_CONCURRENTLY: Final = re.compile(
    r"(?<=INDEX )CONCURRENTLY |(?<=MATERIALIZED VIEW )CONCURRENTLY ", re.IGNORECASE
)


def scripts(database: Database) -> list[Script]:
    """Load the revisions of a tree, oldest first.

    Raises:
        SchemaError: A revision's file is broken or not what was released, or they do
            not fit together.
    """
    check_released(database)
    tree = ScriptDirectory.from_config(configure(database))
    check_scripts(tree)
    return list(tree.walk_revisions())[::-1]


class _ScratchContext(MigrationContext):
    """Runs revisions in one transaction that is rolled back."""

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Stay in the transaction: what must be outside of one is not missed there."""
        assert self.connection is not None  # noqa: S101 - a scratch schema is on one
        with usable_labels(self.connection):
            yield


def run_revisions(
    database: Database,
    connection: Connection,
    revision: str | None = None,
    *,
    timescaledb: bool,
) -> Iterator[str]:
    """Run a tree's revisions in the current schema of a connection, one by one.

    Args:
        database: Whose tree.
        connection: An open connection; nothing is committed or recorded.
        revision: The last to run; None runs all.
        timescaledb: Whether the server has the extension.

    Yields:
        The id of each, when it has run.
    """
    opts: dict[str, Any] = {"timescaledb_absent": not timescaledb}
    event.listen(connection, "before_cursor_execute", _in_transaction, retval=True)
    try:
        yield from _run(database, connection, revision, opts)
    finally:
        event.remove(connection, "before_cursor_execute", _in_transaction)


def _in_transaction(
    _connection: Connection,
    _cursor: object,
    statement: str,
    parameters: object,
    *_others: object,
) -> tuple[str, object]:
    """Take the word away that makes a statement commit; nobody waits for a scratch."""
    return _CONCURRENTLY.sub("", statement), parameters


def _run(
    database: Database,
    connection: Connection,
    revision: str | None,
    opts: dict[str, Any],
) -> Iterator[str]:
    context = _ScratchContext(connection.dialect, connection, opts)
    for script in scripts(database):
        with making(connection), using(Operations(context)):
            script.module.upgrade()
        yield script.revision
        if script.revision == revision:
            return


def follow_revisions(
    database: Database,
    connection: Connection,
    around: Callable[[Script], AbstractContextManager[object]],
    *,
    timescaledb: bool,
) -> None:
    """Run a tree's revisions where there is nothing of it yet, and something around.

    Args:
        database: Whose tree.
        connection: An open connection. If it has a transaction open, all runs in that;
            else each revision is committed, as an upgrade commits it.
        around: Given a revision, makes what it runs in.
        timescaledb: Whether the server has the extension.
    """
    apart = not connection.in_transaction()
    opts = {
        "transaction_per_migration": True,
        "timescaledb_absent": not timescaledb,
        "fills_aggregates": True,  # there is nothing to fill them with
    }
    kind = MigrationContext if apart else _ScratchContext
    context = kind(connection.dialect, connection, opts)
    for script in scripts(database):
        with (
            unpinned(connection) if apart else making(connection),
            around(script),
            context.begin_transaction(_per_migration=True),
            using(Operations(context)),
        ):
            script.module.upgrade()


@contextmanager
def using(operations: Operations) -> Iterator[None]:
    """Let `alembic.op` lead to operations, and afterwards to where it led before."""
    before: Operations | None = getattr(alembic.op, "_proxy", None)
    operations._install_proxy()  # noqa: SLF001 - takes what a subclass is, too
    try:
        yield
    finally:
        operations._remove_proxy()  # noqa: SLF001
        if before is not None:
            before._install_proxy()  # noqa: SLF001 - Alembic has no other way back


def names_made(
    database: Database, connection: Connection, *, timescaledb: bool
) -> Names:
    """Name all that the revisions of a tree ever make, also what a later one drops."""
    names: Names = defaultdict(set)
    with scratch_schema(connection) as schema:
        for _revision in run_revisions(database, connection, timescaledb=timescaledb):
            for kind, objects in snapshot(connection, schema).items():
                names[kind] |= objects.keys()
    return names


def reflect(connection: Connection, metadata: MetaData) -> None:
    """Reflect the tables of the current schema, with serial columns as they were.

    Args:
        connection: A connection whose current schema holds them.
        metadata: Where to; empty.
    """
    event.listen(metadata, "column_reflect", _serial)
    metadata.reflect(connection, only=connection.scalars(_TABLES).all())


def _serial(_inspector: Inspector, table: Table, column: dict[str, Any]) -> None:
    sequence = f"nextval('{table.name}_{column['name']}_seq'::regclass)"
    if column.get("default") == sequence:
        column["default"], column["autoincrement"] = None, True
