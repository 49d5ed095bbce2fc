"""A live schema that is looked at: what several of those who look need, read once."""

from __future__ import annotations

from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final

from psycopg2 import DataError
from psycopg2.errors import (
    DatatypeMismatch,
    UndefinedColumn,
    UndefinedFunction,
    UndefinedTable,
)
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.printable import unquoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection, Table

_OTHER_COLUMNS: Final = (
    *(UndefinedColumn, UndefinedTable, UndefinedFunction),
    *(DatatypeMismatch, DataError),
)
"""A query names a column that is not there or has another type."""

# What is in a schema depends on it. Looked for by the schema, all chunks, which are in
# another, would be read.
_TABLES: Final = """
FROM pg_depend JOIN pg_class AS c ON c.oid = objid AND relkind IN ('r', 'p')
AND classid = 'pg_class'::regclass AND refclassid = 'pg_namespace'::regclass
AND refobjid = quote_ident(current_schema())::regnamespace
"""


class LiveSchema:
    """The current schema of a connection.

    Nothing is changed in the database.

    Args:
        connection: An open connection.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def expected_tables(self) -> Mapping[str, Table]:
        """The tables that it should have, by name."""
        raise NotImplementedError

    @property
    def untrusted_tables(self) -> Collection[str]:
        """The tables whose rows are not looked at: that would run others' functions."""
        raise NotImplementedError

    @property
    def changing(self) -> Collection[tuple[str | None, str | None]]:
        """The names of what differs, each after its table's."""
        raise NotImplementedError

    @cached_property
    def home(self) -> str:
        """The name of the schema, quoted."""
        [(name,)] = self.rows("SELECT quote_ident(current_schema())")
        return str(name)

    def place(self, table: str, alias: str | None = None) -> str:
        """Name a table, quoted already, with its schema, wherever queries look.

        One that is not looked at has neither rows nor columns.
        """
        if unquoted(table) in self.untrusted_tables:
            return f"(SELECT WHERE false) AS {alias or table}"
        return f"{self.home}.{table} AS {alias or table}"

    @cached_property
    def tables(self) -> frozenset[str]:
        """The names of the tables in the database, the migrations' own too."""
        return frozenset(name for (name,) in self.rows(f"SELECT relname {_TABLES}"))

    @cached_property
    def non_tables(self) -> dict[str, str]:
        """What has a table's name without being one, and its `pg_class.relkind`."""
        query = (
            "SELECT relname, relkind FROM pg_class"
            " WHERE relnamespace = quote_ident(current_schema())::regnamespace"
            " AND relkind NOT IN ('r', 'p')"
        )
        return dict(tuple(row) for row in self.rows(query))

    @cached_property
    def columns(self) -> frozenset[tuple[str, str]]:
        """The names of all columns in the database, each after its table's."""
        query = f"""
            SELECT relname, attname {_TABLES} JOIN pg_attribute ON attrelid = c.oid
            WHERE attnum > 0 AND NOT attisdropped"""
        return frozenset((table, column) for table, column in self.rows(query))

    @cached_property
    def quarantine_schema(self) -> str:
        """The schema for what is in the way, rows and all: one with room for it."""
        query = (
            "SELECT FROM pg_class AS there JOIN pg_class AS here USING (relname)"
            " WHERE there.relnamespace = to_regnamespace(:name)"
            " AND here.relnamespace = quote_ident(current_schema())::regnamespace"
            " LIMIT 1"
        )
        names = chain(["set_aside"], (f"set_aside_{number}" for number in count(2)))
        return next(name for name in names if not self.rows(query, name=name))

    def rows(self, query: str, **parameters: object) -> Sequence[Row[*tuple[Any, ...]]]:
        """Run a query and return all rows."""
        return self.connection.execute(text(query), parameters).all()

    def count(self, query: str) -> int:
        """Run a query that counts rows.

        Returns:
            The number; 0 if the columns that it names are not as expected.
        """
        try:
            with self.connection.begin_nested():
                # A colon is one, and names no parameter.
                [(number,)] = self.rows(query.replace(":", r"\:"))
        except DBAPIError as error:
            if not isinstance(error.orig, _OTHER_COLUMNS):
                raise
            return 0
        return int(number)
