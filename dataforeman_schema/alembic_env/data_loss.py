"""A downgrade loses no rows and no values unless it is told to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Connection, Table, event, func, literal, select, text

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MOST = 100_000
"""Counting the rows of a dropped table stops after this many."""

# Whoever refers to our tables, or to who does, in whatever schema: the keys that do
# something to rows when what they refer to goes, with the columns that may lose values.
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
SELECT conrelid AS id, conrelid::regclass::text AS name, coalesce(array_agg(
    DISTINCT attname::text) FILTER (WHERE confdeltype <> 'c'), '{}') AS columns
FROM reached JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
GROUP BY 1 ORDER BY 2
""")


class _Counts(NamedTuple):
    """What a table holds: its rows, and the values of columns that keys may empty."""

    id: int
    rows: int
    values: dict[str, int]


@contextmanager
def data_loss_guard(
    connection: Connection, seeded: Collection[str], *, allowed: bool
) -> Iterator[None]:
    """Refuse, at the end of a block, what rows and values it lost.

    Those of every table that it drops are counted, and those that foreign keys of any
    table, also of one that no release knows, took along when others went. What the
    block did must then be rolled back, so it runs in one transaction. Seed rows that it
    deletes itself do not count. Tables are locked before they are counted, so that no
    row comes in between.

    Args:
        connection: The connection that the block uses, with its transaction open.
        seeded: The tables from which revisions delete rows that they added.
        allowed: Whether anything may be lost; then nothing is counted.

    Raises:
        SchemaError: Rows or values would be lost; the message counts them by table.
    """
    if allowed:
        yield
        return
    lost: dict[str, int] = {}

    def count(table: Table, connection: Connection, **_others: Any) -> None:  # noqa: ANN401
        if rows := _count_dropped(table, connection):
            lost[table.name] = rows

    before = _count_referrers(connection, seeded)
    event.listen(Table, "before_drop", count)
    try:
        yield
    finally:
        event.remove(Table, "before_drop", count)
    lost |= _taken_along(connection, before)
    if lost:
        raise SchemaError(
            f"this downgrade would lose rows of {_list(lost)}; back them up, then run "
            "it again with -x lose-data=yes before the word downgrade"
        )


def _count_referrers(
    connection: Connection, seeded: Collection[str]
) -> dict[str, _Counts]:
    """Lock and count the tables whose rows go, or change, with those of others."""
    found: dict[str, _Counts] = {}
    for row in connection.execute(_REFERRERS).all():
        if row.name not in seeded:
            connection.execute(text(f"LOCK TABLE {row.name} IN SHARE MODE"))
            found[row.name] = _counts(connection, row.id, row.name, row.columns)
    return found


def _counts(
    connection: Connection, number: int, name: str, columns: list[str]
) -> _Counts:
    quote = connection.dialect.identifier_preparer.quote
    counted = ", ".join(["count(*)", *(f"count({quote(each)})" for each in columns)])
    connection.execute(text("SET LOCAL row_security = off"))
    rows, *values = connection.execute(text(f"SELECT {counted} FROM {name}")).one()  # noqa: S608 - quoted
    return _Counts(number, rows, dict(zip(columns, values, strict=True)))


def _taken_along(connection: Connection, before: dict[str, _Counts]) -> dict[str, int]:
    """Count what is there no longer of tables that are."""
    lost: dict[str, int] = {}
    query = text("SELECT oid FROM pg_class WHERE oid = ANY (:ids)")
    ids = {"ids": [counts.id for counts in before.values()]}
    there = set(connection.scalars(query, ids))
    for name, then in before.items():
        if then.id in there:
            now = _counts(connection, then.id, name, list(then.values))
            rows = then.rows - now.rows
            values = {key: then.values[key] - now.values[key] for key in now.values}
            lost |= {name: rows} if rows > 0 else {}
            lost |= {f"{name}.{key}": n for key, n in values.items() if n > rows}
    return lost


def _count_dropped(table: Table, connection: Connection) -> int:
    name = connection.dialect.identifier_preparer.format_table(table)
    connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
    # Rows that a policy hides from the owner are no less lost: better an error.
    connection.execute(text("SET LOCAL row_security = off"))
    some = select(literal(1)).select_from(table).limit(MOST).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _list(lost: dict[str, int]) -> str:
    return ", ".join(
        f"{name} ({'at least ' if rows == MOST else ''}{rows})"
        for name, rows in sorted(lost.items())
    )
