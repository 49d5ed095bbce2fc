"""Alembic's comparison, where it raises or passes over what a live column has."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from alembic.ddl.postgresql import PostgresqlImpl
from psycopg2 import DataError
from psycopg2.errors import (
    DatatypeMismatch,
    UndefinedColumn,
    UndefinedFunction,
    UndefinedTable,
)
from sqlalchemy import String, text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Column, Connection, Inspector, Table

OTHER_COLUMNS: Final = (
    *(UndefinedColumn, UndefinedTable, UndefinedFunction),
    *(DatatypeMismatch, DataError),
)
"""A query names a column that is not there or has another type."""

_COLLATIONS: Final = """
SELECT relname AS "table", attname AS name, collname AS live
FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
JOIN pg_type AS t ON t.oid = atttypid JOIN pg_collation AS k ON k.oid = attcollation
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
AND attnum > 0 AND NOT attisdropped AND attcollation <> typcollation
"""


class ComparingImpl(PostgresqlImpl):
    """PostgreSQL as Alembic knows it, with what it does not compare.

    Args:
        connection: An open connection; nothing is changed.
        options: Those of the migration context.
    """

    def __init__(self, connection: Connection, options: dict[str, Any]) -> None:
        super().__init__(
            connection.dialect,
            connection,
            as_sql=False,
            transactional_ddl=None,
            output_buffer=None,
            context_opts=options,
        )
        self._live = connection

    @cached_property
    def _collations(self) -> Mapping[tuple[str, str], str]:
        """The collations that are not their type's own, by table and column."""
        rows = self._live.execute(text(_COLLATIONS))
        return {(row.table, row.name): row.live for row in rows}

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Take a column as it is read: without what is a finding of its own."""
        super().autogen_column_reflect(inspector, table, column_info)  # type: ignore[no-untyped-call]
        # Alembic fails on these where the models declare a default.
        column_info.pop("identity", None)
        column_info.pop("computed", None)
        collation = self._collations.get((table.name, column_info["name"]))
        if collation and isinstance(column_info["type"], String):
            column_info["type"].collation = collation

    def compare_type(
        self, inspector_column: Column[Any], metadata_column: Column[Any]
    ) -> bool:
        """Compare types, and the order that texts have by them."""
        live, declared = (
            getattr(column.type, "collation", None)
            for column in (inspector_column, metadata_column)
        )
        return live != declared or super().compare_type(
            inspector_column, metadata_column
        )

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Let the server compare two defaults; it cannot those of different types."""
        differs = super().compare_server_default
        try:
            with self._live.begin_nested():
                return bool(
                    differs(  # type: ignore[no-untyped-call]
                        inspector_column,
                        metadata_column,
                        rendered_metadata_default,
                        rendered_inspector_default,
                    )
                )
        except DBAPIError as error:
            if not isinstance(error.orig, OTHER_COLUMNS):
                raise
            return True
