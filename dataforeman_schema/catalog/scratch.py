"""A schema that is gone before anybody else sees it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from psycopg2.errors import InsufficientPrivilege, ReadOnlySqlTransaction
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# What is made goes into the scratch schema, while types and functions of extensions
# are found where they are.
_ENTER: Final = text("""
SELECT set_config('search_path', concat_ws(', ', :schema,
  nullif(current_setting('search_path'), '')), true)
""")
_GRANT: Final = text("""
SELECT format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user)
""")


class NoScratchSchema(Exception):  # noqa: N818 - says what is missing
    """The role or the server does not let a schema be made, not even for a moment.

    The text is one clause that names cause and remedy.
    """


@contextmanager
def scratch_schema(connection: Connection) -> Iterator[str]:
    """Provide an empty schema that is the current one during a block.

    Whatever the block does is rolled back at its end, to a savepoint if the connection
    has a transaction open; nothing of it is ever visible to other sessions.

    Args:
        connection: An open connection.

    Yields:
        The name of the schema.

    Raises:
        NoScratchSchema: It cannot be made.
    """
    schema = f"dataforeman_scratch_{uuid4().hex[:12]}"  # two may compare at once
    savepoint = connection.begin_nested()
    try:
        _make(connection, schema)
        yield schema
    finally:
        if savepoint.is_active:
            savepoint.rollback()


def _make(connection: Connection, schema: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            grant = connection.scalar(_GRANT)
            raise NoScratchSchema(
                f"the role may not make a schema to compare with, for a moment; {grant}"
            ) from error
        if isinstance(error.orig, ReadOnlySqlTransaction):
            raise NoScratchSchema(
                "nothing can be written there, and to compare, a schema is made for a "
                "moment; connect to the primary, and without "
                "default_transaction_read_only"
            ) from error
        raise
    connection.execute(_ENTER, {"schema": schema})
