"""The SQL that mends one difference, without loss where that can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import ops
from sqlalchemy import Column, DateTime, String

from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.catalog.operation import ObjectOp
from dataforeman_schema.commands.verify.conflicts import declared, is_filled_by_hand
from dataforeman_schema.commands.verify.offline import DIALECT, sql
from dataforeman_schema.commands.verify.orphans import settle_orphans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation

    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.commands.verify.context import VerifyContext


_REFERRERS: Final = """
SELECT relname AS "table", r.conname AS name, pg_get_constraintdef(r.oid) AS definition
FROM pg_constraint AS k JOIN pg_constraint AS r ON r.conindid = k.conindid
JOIN pg_class AS c ON c.oid = r.conrelid
WHERE k.contype IN ('p', 'u') AND r.contype = 'f' AND k.conname = :name
AND k.conrelid = (SELECT oid FROM pg_class WHERE relname = :table
  AND relnamespace = quote_ident(current_schema())::regnamespace)
ORDER BY 1, 2
"""


def fix_sql(context: VerifyContext, change: Change) -> Iterator[str]:
    """Write the statements that bring one object to what it should be.

    Args:
        context: The database; read only.
        change: What differs.
    """
    keys = referrers(context, change)
    for table, name, _definition in keys:
        yield f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)};"
    for operation in change.operations:
        yield from _fix(context, operation)
    for table, name, definition in keys:
        yield f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} {definition};"


def set_aside(context: VerifyContext, name: str, kind: str = "TABLE") -> Iterator[str]:
    """Write the statements that take something out of the way, with all its rows."""
    schema = context.quarantine_schema
    yield f"CREATE SCHEMA IF NOT EXISTS {schema};"
    yield f"ALTER {kind} {quote(name)} SET SCHEMA {schema};"


def referrers(context: VerifyContext, change: Change) -> list[tuple[str, str, str]]:
    """Find our foreign keys that rest on a key which goes, if only to come back.

    Returns:
        The table, the name and the definition of each.
    """
    first = change.operations[0]
    goes = isinstance(first, ObjectOp) and first.expected is None
    if not (goes and isinstance(first, ObjectOp) and first.kind == "constraints"):
        return []
    name, table = first.name, first.table_name
    return [
        (row.table, row.name, row.definition)
        for row in context.rows(_REFERRERS, name=name, table=table)
        if row.table in context.compared.tables
        and (row.table, f"constraint {row.name}") not in context.changing
    ]


def _fix(context: VerifyContext, operation: MigrateOperation) -> Iterator[str]:
    match operation:
        case ops.DropTableOp():
            yield from set_aside(context, operation.table_name)
        case ops.AddColumnOp():
            yield from _add_column(context, operation)
        case ops.AlterColumnOp():
            for part in _parts(context, operation):
                yield from _alter(context, part)
        case ObjectOp():
            yield from settle_orphans(context, operation)
            yield from (f"{statement};" for statement in operation.statements())
        case _:
            yield from sql(context.database, [operation])


def _add_column(context: VerifyContext, operation: ops.AddColumnOp) -> Iterator[str]:
    column = declared(context, operation)
    if column is None or column is column.table.autoincrement_column:
        yield from sql(context.database, [operation])
        return
    by_hand = is_filled_by_hand(context, operation)
    # One that is declared as part of a key would draw its values from a sequence.
    bare: Column[object] = Column(
        column.name,
        column.type,
        nullable=column.nullable or by_hand,
        server_default=getattr(column.server_default, "arg", None),
        comment=column.comment,
    )
    table = operation.table_name
    yield from sql(context.database, [ops.AddColumnOp(table, bare)])
    if by_hand:
        yield f"-- fill in the values of {quote(column.name)} here"
        alter = ops.AlterColumnOp(table, column.name, modify_nullable=False)
        yield from sql(context.database, [alter])


def _parts(
    context: VerifyContext, operation: ops.AlterColumnOp
) -> Iterator[ops.AlterColumnOp]:
    """Part what is altered at once: rows get a default before it is required.

    The default of a column is not cast with its values, so it goes and comes back.
    """
    names = operation.table_name, operation.column_name
    column = declared(context, operation)
    default = operation.modify_server_default
    should_be = None if column is None else column.server_default
    if operation.modify_type is not None:
        if should_be is not None or default is not False:
            yield ops.AlterColumnOp(*names, modify_server_default=None)
            default = default or should_be or False
        yield ops.AlterColumnOp(
            *names,
            modify_type=operation.modify_type,
            existing_type=operation.existing_type,
        )
    if default is not False:
        yield ops.AlterColumnOp(*names, modify_server_default=default)
    if operation.modify_nullable is not None:
        yield ops.AlterColumnOp(*names, modify_nullable=operation.modify_nullable)
    if operation.modify_comment is not False:
        yield ops.AlterColumnOp(*names, modify_comment=operation.modify_comment)


def _alter(context: VerifyContext, operation: ops.AlterColumnOp) -> Iterator[str]:
    column = declared(context, operation)
    table, name = map(quote, (operation.table_name, operation.column_name))
    default = None if column is None else column.server_default
    if operation.modify_nullable is False and default is not None:
        yield f"UPDATE {table} SET {name} = DEFAULT WHERE {name} IS NULL;"
    if using := _using(operation):
        operation.kw["postgresql_using"] = using
    yield from sql(context.database, [operation])


def _using(operation: ops.AlterColumnOp) -> str | None:
    """Write how values are cast where the server would not, or not as they are meant.

    Told to cast a text to a shorter one, it would cut it; untold it refuses to.
    """
    old, new = operation.existing_type, operation.modify_type
    if new is None or isinstance(new, String):
        return None
    name = quote(operation.column_name)
    if isinstance(old, DateTime) and isinstance(new, DateTime) and new.timezone:
        return f"{name} AT TIME ZONE 'UTC'"
    return f"{name}::{new.compile(DIALECT)}"
