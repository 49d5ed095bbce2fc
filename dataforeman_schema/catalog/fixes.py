"""The SQL that mends one difference, without loss where that can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import Column

from dataforeman_schema.catalog.conflicts import declared, is_filled_by_hand
from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.catalog.offline import sql
from dataforeman_schema.catalog.operation import ObjectOp
from dataforeman_schema.catalog.orphans import settle_orphans
from dataforeman_schema.catalog.retype import parts
from dataforeman_schema.catalog.words import comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation

    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.catalog.live import LiveSchema


def fix_sql(live: LiveSchema, change: Change) -> Iterator[str]:
    """Write the statements that bring one object to what it should be.

    Args:
        live: The database; read only.
        change: What differs.
    """
    for operation in change.operations:
        yield from _fix(live, operation)


def set_aside(live: LiveSchema, name: str, kind: str = "TABLE") -> Iterator[str]:
    """Write the statements that take something out of the way, with all its rows."""
    schema = live.quarantine_schema
    yield f"CREATE SCHEMA IF NOT EXISTS {schema};"
    yield f"ALTER {kind} {quote(name)} SET SCHEMA {schema};"


def _fix(live: LiveSchema, operation: MigrateOperation) -> Iterator[str]:
    match operation:
        case ops.DropTableOp():
            yield from set_aside(live, operation.table_name)
        case ops.AddColumnOp():
            yield from _add_column(live, operation)
        case ops.AlterColumnOp():
            for part in parts(operation):
                yield from _alter(live, part)
        case ObjectOp(by_hand=str(words)):
            yield comment(words)
        case ObjectOp():
            yield from settle_orphans(live, operation)
            yield from (f"{statement};" for statement in operation.statements())
        case _:
            yield from sql([operation])


def _add_column(live: LiveSchema, operation: ops.AddColumnOp) -> Iterator[str]:
    column = declared(live, operation)
    if column is None or column is column.table.autoincrement_column:
        yield from sql([operation])
        return
    by_hand = is_filled_by_hand(live, operation)
    # One that is declared as part of a key would draw its values from a sequence.
    bare: Column[object] = Column(
        column.name,
        column.type,
        nullable=column.nullable or by_hand,
        server_default=getattr(column.server_default, "arg", None),
        comment=column.comment,
    )
    table = operation.table_name
    yield from sql([ops.AddColumnOp(table, bare)])
    if by_hand:
        yield comment(f"fill in the values of {quote(column.name)} here")
        alter = ops.AlterColumnOp(table, column.name, modify_nullable=False)
        yield from sql([alter])


def _alter(live: LiveSchema, operation: ops.AlterColumnOp) -> Iterator[str]:
    column = declared(live, operation)
    table, name = map(quote, (operation.table_name, operation.column_name))
    default = None if column is None else column.server_default
    if operation.modify_nullable is False and default is not None:
        yield f"UPDATE {table} SET {name} = DEFAULT WHERE {name} IS NULL;"
    yield from sql([operation])
