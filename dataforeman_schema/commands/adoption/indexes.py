"""Making the indexes that would keep rows from being written, a chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from dataforeman_schema.alembic_env.home import unpinned
from dataforeman_schema.catalog.definitions import quote

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database

_INVALID: Final = text("""
SELECT EXISTS (SELECT FROM pg_index
  WHERE indexrelid = to_regclass(quote_ident(:name)) AND NOT indisvalid)
""")


def make_indexes(
    connection: Connection, database: Database, names: Collection[str]
) -> None:
    """Make indexes of hypertables, those that are not there or were never finished.

    Args:
        connection: A connection to the database, in no transaction.
        database: Which of the two; its models declare the indexes.
        names: The names of the indexes.
    """
    database.register_operations()
    context = MigrationContext.configure(connection)
    for table in database.metadata().tables.values():
        for index in table.indexes:
            if index.name not in names:
                continue
            _drop_unfinished(connection, str(index.name))
            with unpinned(connection), context.begin_transaction():
                Operations(context).create_hypertable_index(  # type: ignore[attr-defined]
                    index.name, table.name, [*index.expressions], if_not_exists=True
                )
            connection.commit()


def _drop_unfinished(connection: Connection, name: str) -> None:
    """Drop what is left of making an index that was killed between two chunks."""
    if connection.scalar(_INVALID, {"name": name}):
        connection.execute(text(f"DROP INDEX {quote(name)}"))
    connection.commit()
