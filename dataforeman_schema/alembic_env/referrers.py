"""Tables from which foreign keys take rows or values when what they refer to goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import (
    Column,
    MetaData,
    Table,
    func,
    literal_column,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import OID

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Delete, FromClause, Select

# Whoever refers to our tables, or to who does, in whatever schema: the keys that do
# something to rows when what they refer to goes, with the columns that they may empty.
_REFERRERS: Final = text("""
WITH RECURSIVE key AS (
  SELECT conrelid, confrelid, confdeltype, conkey FROM pg_constraint
  WHERE contype = 'f' AND confdeltype IN ('c', 'n', 'd') AND conparentid = 0
), reached AS (
  SELECT key.* FROM key JOIN pg_class AS c ON c.oid = confrelid
  WHERE relnamespace = quote_ident(current_schema())::regnamespace
  UNION
  SELECT key.* FROM key JOIN reached ON key.confrelid = reached.conrelid
)
SELECT conrelid AS oid, conrelid::regclass::text, coalesce(
    jsonb_object_agg(attnum, attname) FILTER (WHERE confdeltype <> 'c'), '{}')
FROM reached JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
GROUP BY 1 ORDER BY 2
""")
_PRESENT: Final = text("""
SELECT relname, nspname, attnum::text AS number, attname AS column
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
LEFT JOIN pg_attribute ON attrelid = c.oid AND attnum::text = ANY (:emptied)
  AND NOT attisdropped
WHERE c.oid = :oid
""")
_ROWS: Final = "rows"
_PLACE: Final = ("tableoid", "ctid")
"""The columns that tell rows apart, in a partitioned table too."""


class Referrer:
    """A table whose rows go, or lose values, when what they refer to goes.

    Args:
        connection: The connection of the transaction that it is watched in; the table
            is locked, so that only this changes it, and counted.
        oid: Its number, which stays when it is renamed.
        name: Its name, with a schema where sessions do not look for it.
        emptied: The names of the columns that may lose values, by their numbers.
    """

    def __init__(
        self, connection: Connection, oid: int, name: str, emptied: dict[str, str]
    ) -> None:
        escaped = name.replace(":", r"\:")
        connection.execute(text(f"LOCK TABLE {escaped} IN SHARE MODE"))
        self._connection = connection
        self._oid = oid
        self._name = name
        self._emptied = emptied
        self._expected = self._count()

    def expect(self, delete: Delete) -> None:
        """Expect what a statement deletes by the table's name to be gone."""
        goes = self._count(delete)
        self._expected = {
            key: n - goes.get(key, 0) for key, n in self._expected.items()
        }

    def losses(self) -> tuple[dict[str, int], dict[str, int]]:
        """Count by name the rows, and the values of columns, that went unexpectedly.

        What was dropped with its table or column is not looked for.
        """
        lost = {key: self._expected[key] - n for key, n in self._count().items()}
        rows = lost.pop(_ROWS, 0)
        # A row that went took its values along.
        values = {self._emptied[key]: n for key, n in lost.items() if n > max(rows, 0)}
        return (
            {self._name: rows} if rows > 0 else {},
            {f"{self._name}.{column}": n for column, n in values.items()},
        )

    def _count(self, delete: Delete | None = None) -> dict[str, int]:
        """Count rows, and values by the numbers of their columns: all, or those to go.

        Empty if the table is not there any more.
        """
        given = {"oid": self._oid, "emptied": list(self._emptied)}
        present = self._connection.execute(_PRESENT, given).all()
        if not present:
            return {}
        columns = {row.number: Column(row.column) for row in present if row.number}
        system: list[Column[Any]] = [Column(each) for each in _PLACE]
        name, schema = present[0][:2]
        table = Table(name, MetaData(), *columns.values(), *system, schema=schema)
        # Rows that a policy hides are no less lost: better an error.
        self._connection.execute(text("SET LOCAL row_security = off"))
        query = select(func.count(), *map(func.count, columns.values()))
        where = true() if delete is None else tuple_(*system).in_(self._hit_by(delete))
        counts = self._connection.execute(query.select_from(table).where(where)).one()
        return dict(zip([_ROWS, *columns], counts, strict=True))

    def _hit_by(self, delete: Delete) -> Select[Any]:
        name = table_name(self._connection, delete.table)
        place: list[ColumnElement[Any]] = [
            literal_column(f"{name}.{each}") for each in _PLACE
        ]
        where = true() if delete.whereclause is None else delete.whereclause
        return select(*place).select_from(delete.table).where(where)


def referrers(connection: Connection) -> dict[int, Referrer]:
    """Find, lock and count, by oid, all tables whose rows hang on those of ours.

    Args:
        connection: A connection with a transaction open.
    """
    found = connection.execute(_REFERRERS).all()
    return {row.oid: Referrer(connection, *row) for row in found}


def table_name(connection: Connection, table: FromClause) -> str:
    """Write a table's name as SQL has it."""
    preparer = connection.dialect.identifier_preparer
    return preparer.format_table(cast("Table", table))


def oid(connection: Connection, name: str) -> int:
    """Ask for the number of a table; 0 is none."""
    return connection.scalar(select(sql_cast(func.to_regclass(name), OID))) or 0
