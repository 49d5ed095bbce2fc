"""The SQL that mends one difference, without loss where that can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import ops

from dataforeman_schema.commands.verify.offline import quote, sql
from dataforeman_schema.commands.verify.orphans import count_orphans, settle_orphans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation

    from dataforeman_schema.commands.verify.changes import Change
    from dataforeman_schema.commands.verify.subject import Subject

ASIDE: Final = "set_aside"
"""The schema that tables go to which are not ours, with all their rows."""


def mend(subject: Subject, change: Change) -> Iterator[str]:
    """Write the statements that bring one object to what the models say.

    Args:
        subject: The database; read only.
        change: What differs.
    """
    for operation in change.operations:
        if isinstance(operation, ops.DropTableOp):
            yield f"CREATE SCHEMA IF NOT EXISTS {ASIDE};"
            yield f"ALTER TABLE {quote(operation.table_name)} SET SCHEMA {ASIDE};"
            continue
        yield from _before(subject, operation)
        yield from sql(subject.database, [operation])


def _before(subject: Subject, operation: MigrateOperation) -> Iterator[str]:
    if isinstance(operation, ops.CreateForeignKeyOp):
        if count_orphans(subject, operation):
            yield from settle_orphans(operation)
    elif isinstance(operation, ops.AlterColumnOp):
        if operation.modify_type is not None:
            kind = operation.modify_type.compile(subject.connection.dialect)
            using = f"{quote(operation.column_name)}::{kind}"
            operation.kw["postgresql_using"] = using
        if operation.modify_nullable is False:
            yield from _fill(subject, operation)


def _fill(subject: Subject, operation: ops.AlterColumnOp) -> Iterator[str]:
    """Give rows the column's default before it must be filled."""
    column = subject.metadata.tables[operation.table_name].c[operation.column_name]
    if column.server_default is not None:
        table, name = quote(operation.table_name), quote(operation.column_name)
        yield f"UPDATE {table} SET {name} = DEFAULT WHERE {name} IS NULL;"
