"""Rows that are in the way of a remedy, or that it would change: counted and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import Float, Integer, Numeric, String

from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.catalog.operation import ObjectOp, RenameOp
from dataforeman_schema.catalog.orphans import say_orphans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column

    from dataforeman_schema.catalog.live import LiveSchema
    from dataforeman_schema.catalog.snapshot import Properties


def conflicts(live: LiveSchema, operation: MigrateOperation) -> Iterator[str]:
    """Say which rows an operation cannot do with, and what becomes of them.

    Args:
        live: The database; read only.
        operation: Brings one object to what it should be.

    Yields:
        Clauses that end the sentence which says what is wrong.
    """
    match operation:
        case ObjectOp() if not isinstance(operation, RenameOp):
            yield from say_orphans(live, operation)
            if operation.expected:
                yield from _broken(live, operation.expected)
        case ops.AddColumnOp():
            yield from _values(live, operation)
        case ops.DropColumnOp():
            yield from _lost(live, operation)
        case ops.AlterColumnOp():
            yield from _altered(live, operation)


def _broken(live: LiveSchema, expected: Properties) -> Iterator[str]:
    if expected.get("type") in {"p", "u"}:
        names = [quote(column) for column in expected["columns"]]
        yield from _duplicates(live, expected["table"], names)
    elif expected.get("unique"):
        keys = expected["keys"][: expected["key_count"]]
        yield from _duplicates(live, expected["table"], keys, expected["predicate"])
    elif expected.get("type") == "c":
        table = live.place(quote(expected["table"]))
        condition = expected["expression"]
        rows = f"SELECT count(*) FROM {table} WHERE NOT ({condition})"
        if count := live.count(rows):
            yield (
                f"rows that break it: {count}; the remedy fails until they are changed"
            )


def _duplicates(
    live: LiveSchema, table: str, keys: list[str], predicate: str | None = None
) -> Iterator[str]:
    """Say how many values are there more than once that a key would keep apart."""
    filled = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    rows = f"{filled} AND ({predicate})" if predicate else filled
    groups = (
        f"SELECT FROM {live.place(quote(table))} WHERE {rows}"
        f" GROUP BY {', '.join(keys)} HAVING count(*) > 1"
    )
    if count := live.count(f"SELECT count(*) FROM ({groups}) AS twice"):
        yield (
            f"values of ({', '.join(keys)}) that are there more than once: {count}; "
            "the remedy fails until one row of each is left"
        )


def _lost(live: LiveSchema, operation: ops.DropColumnOp) -> Iterator[str]:
    table = live.place(quote(operation.table_name))
    name = quote(operation.column_name)
    query = f"SELECT count(*) FROM {table} WHERE {name} IS NOT NULL"
    if count := live.count(query):
        yield f"rows that have a value: {count}"


def is_filled_by_hand(live: LiveSchema, operation: ops.AddColumnOp) -> bool:
    """Tell whether rows need values for a new column that nothing but people know."""
    column = declared(live, operation)
    if column is None:
        return False
    drawn = column is column.table.autoincrement_column
    known = column.nullable or column.server_default is not None or drawn
    return not known and _any_row(live, operation.table_name)


def declared(
    live: LiveSchema, operation: ops.AddColumnOp | ops.AlterColumnOp
) -> Column[object] | None:
    """Find the column as it should be; None: nobody knows it."""
    columns = live.expected_tables[operation.table_name].c
    if isinstance(operation, ops.AddColumnOp):
        return columns[operation.column.name]
    return columns.get(operation.column_name)


def _any_row(live: LiveSchema, table: str) -> bool:
    return bool(live.rows(f"SELECT FROM {live.place(quote(table))} LIMIT 1"))


def _values(live: LiveSchema, operation: ops.AddColumnOp) -> Iterator[str]:
    column = declared(live, operation)
    if is_filled_by_hand(live, operation):
        yield (
            "its values can come from a backup only: fill them in before the last "
            "statement of the remedy, which fails until every row has one"
        )
    elif (
        column is not None
        and column.primary_key
        and _any_row(live, operation.table_name)
    ):
        yield (
            "the remedy gives the rows new values, which other rows do not refer to: "
            "restore the old ones if there is a backup"
        )


def _altered(live: LiveSchema, operation: ops.AlterColumnOp) -> Iterator[str]:
    column = declared(live, operation)
    table = live.place(quote(operation.table_name))
    name = quote(operation.column_name)
    count = f"SELECT count(*) FROM {table} WHERE "
    if operation.modify_type is not None:
        for condition, fate in _misfits(name, operation):
            if rows := live.count(count + condition):
                yield f"rows whose value does not fit: {rows}; {fate}"
    default = None if column is None else column.server_default
    if operation.modify_nullable is False and default is None:
        rows = live.count(f"{count} {name} IS NULL")
        if rows:
            yield f"rows without a value: {rows}; the remedy fails until they have one"


def _misfits(name: str, operation: ops.AlterColumnOp) -> Iterator[tuple[str, str]]:
    old, new = operation.existing_type, operation.modify_type
    fails = "the remedy fails until they are changed"
    if isinstance(new, String) and new.length is not None:
        yield f"char_length(rtrim({name}::text)) > {new.length}", fails
    elif isinstance(new, Integer) and isinstance(old, String):
        yield rf"{name} !~ '^\s*[-+]?[0-9]+\s*$'", fails
    elif isinstance(new, Integer) and isinstance(old, (Float, Numeric)):
        yield (
            f"trunc({name}::numeric) <> {name}::numeric",
            "the remedy rounds them: back them up",
        )
