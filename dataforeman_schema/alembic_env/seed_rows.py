"""Rows that every installation has, and the SQL that adds, changes or removes them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, UniqueConstraint, literal, text

from dataforeman_schema.alembic_env.seed_operation import Delete, Insert
from dataforeman_schema.catalog.definitions import literally, quote
from dataforeman_schema.catalog.offline import DIALECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ClauseElement, Connection, Table

    from dataforeman_schema.catalog.snapshot import Properties

Row = dict[str, str]
"""The columns of a row that say what it is, and their values as SQL."""

_TOUCHED: Final = ("created_at", "updated_at")


def compiled(element: ClauseElement) -> str:
    """Write an expression as SQL."""
    options = {"literal_binds": True}
    return str(element.compile(dialect=DIALECT, compile_kwargs=options))


class SeedTable:
    """A table that has such rows.

    Args:
        table: As it is declared.
        live: All columns that there are, in the server's words.
        expected: All columns that there shall be.
        others: All tables by name; this one is added.
    """

    def __init__(
        self,
        table: Table,
        live: Mapping[str, Properties],
        expected: Mapping[str, Properties],
        others: dict[str, SeedTable],
    ) -> None:
        self.table = table
        self.name = quote(table.name)
        self._live = live
        self._expected = expected
        self._others = others
        others[table.name] = self

    def given(self, values: Mapping[str, object]) -> Row:
        """Write values of the models."""
        return {name: self._value(name, value) for name, value in values.items()}

    def _value(self, name: str, value: object) -> str:
        if isinstance(value, ColumnElement):
            return f"({compiled(value)})"
        bound: Any = literal(value, self.table.c[name].type)
        return self._cast(compiled(bound), name, self._expected)

    def _cast(self, value: str, name: str, side: Mapping[str, Properties]) -> str:
        return f"CAST({value} AS {side[f'{self.table.name}.{name}']['type']})"

    def is_drawn(self, name: str) -> bool:
        """Tell whether the server gives each row another value of a column."""
        column = self._expected[f"{self.table.name}.{name}"]
        return "(" in (column["default"] or "") or bool(column["identity"])

    @cached_property
    def fixed(self) -> list[str]:
        """The columns that are the same in all installations."""
        names = (column.name for column in self.table.columns)
        there = (name for name in names if f"{self.table.name}.{name}" in self._live)
        return [name for name in there if not self.is_drawn(name)]

    def rows(self, connection: Connection, condition: str) -> list[Row]:
        """Read the rows that meet a condition in the current schema."""
        values = ", ".join(
            f"quote_nullable({quote(name)}::text) AS {quote(name)}"
            for name in self.fixed
        )
        query = f"SELECT {values} FROM {self.name} WHERE {condition}"  # noqa: S608 - ours
        found = connection.execute(text(literally(query))).mappings()
        return [
            {name: self._read(connection, name, row[name]) for name in self.fixed}
            for row in found
        ]

    def _read(self, connection: Connection, name: str, value: str) -> str:
        """Write a value; of a key that the server draws, the query that finds it."""
        key = next(iter(self.table.c[name].foreign_keys), None)
        other = self._others.get(key.column.table.name) if key else None
        if key is None or other is None or not other.is_drawn(key.column.name):
            return self._cast(value, name, self._live)
        column = f"{other.name}.{quote(key.column.name)}"
        for row in other.rows(connection, f"{column}::text = {value}"):
            return f"(SELECT {column} FROM {other.name} WHERE {other.key(row)})"  # noqa: S608 - ours
        return self._cast("NULL", name, self._live)

    def key(self, row: Row) -> str:
        """Write a condition that only a row meets, untouched or not."""
        unique = (
            [column.name for column in constraint.columns]
            for constraint in self.table.constraints
            if isinstance(constraint, UniqueConstraint)
        )
        names = next((key for key in unique if set(key) <= row.keys()), [*row])
        return self.same({name: row[name] for name in names})

    def same(self, row: Row) -> str:
        """Write a condition that rows with these values meet."""
        return " AND ".join(
            f"{self.name}.{quote(name)} IS NOT DISTINCT FROM {value}"
            for name, value in row.items()
        )

    def insert(self, row: Row, present: str) -> Insert:
        """Add a row where none is present, if what it refers to is there."""
        names, values = ", ".join(map(quote, row)), ", ".join(row.values())
        found = [value for value in row.values() if value.startswith("(")]
        conditions = [
            f"NOT EXISTS (SELECT FROM {self.name} WHERE {present})",
            *(f"{value} IS NOT NULL" for value in found),
        ]
        return Insert(
            f"INSERT INTO {self.name} ({names}) SELECT {values}"
            f" WHERE {' AND '.join(conditions)} ON CONFLICT DO NOTHING"
        )

    def change(self, present: str, name: str, old: str, new: str) -> Insert:
        """Give a row another value where nobody gave it one."""
        column = quote(name)
        untouched = f"{self.name}.{column} IS NOT DISTINCT FROM {old}"
        update = f"UPDATE {self.name} SET {column} = {new}"  # noqa: S608 - ours
        return Insert(f"{update} WHERE ({present}) AND {untouched}")

    def delete(self, row: Row) -> Delete:
        """Remove a row that nobody touched and nothing refers to."""
        conditions = [self.same(row)]
        if all(name in self.table.c for name in _TOUCHED):
            conditions.append(" = ".join(f"{self.name}.{name}" for name in _TOUCHED))
        return Delete(
            self.table.name, " AND ".join([*conditions, *self._unreferenced()])
        )

    def _unreferenced(self) -> list[str]:
        keys = (
            key
            for table in self.table.metadata.tables.values()
            for key in table.foreign_keys
            if key.column.table is self.table
        )
        return sorted(
            f"NOT EXISTS (SELECT FROM {quote(key.parent.table.name)} AS referrer"
            f" WHERE referrer.{quote(key.parent.name)}"
            f" = {self.name}.{quote(key.column.name)})"
            for key in keys
        )
