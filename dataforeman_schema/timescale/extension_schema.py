"""The schema that the extension's functions are in, on whatever search path.

The server is asked for it; a script of ``--sql`` mode, which knows of no server, leaves
the functions to the search path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from .releases import refuse_where_missing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from .ddl import Statement

_SCHEMA: Final = text("""
    SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
     WHERE extname = 'timescaledb'
""")

# At its end, so that nothing which is found already becomes something else.
_APPEND: Final = text("""
    SELECT set_config('search_path', concat_ws(', ',
             nullif(current_setting('search_path'), ''), quote_ident(nspname)), true)
      FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
     WHERE extname = 'timescaledb' AND nspname <> ALL (current_schemas(true))
""")


def run(connection: Connection, statements: Iterable[Statement]) -> None:
    """Run statements, with the extension's functions where they are.

    Raises:
        DeclarationError: The server lacks what a statement needs; the message names it.
    """
    schema = connection.scalar(_SCHEMA)
    for statement in statements:
        for feature in statement.needs:
            refuse_where_missing(connection, feature)
        connection.execute(statement.calling(schema))


def append_to_search_path(connection: Connection) -> None:
    """Have queries find the extension's functions until the transaction ends.

    It is for the queries of aggregates, which are the models' own words.
    """
    connection.execute(_APPEND)
