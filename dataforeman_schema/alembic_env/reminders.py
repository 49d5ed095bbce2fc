"""What whoever writes a revision should think of, said in the revision itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from dataforeman_schema.alembic_env.comparison import leaves
from dataforeman_schema.catalog.operation import ObjectOp
from dataforeman_schema.contracts.mapping import MAPPING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.operations import MigrateOperation
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from dataforeman_schema.databases import Database


def write_reminders(
    database: Database, context: MigrationContext, directives: list[MigrationScript]
) -> None:
    """Give the reminders of a new revision, if there is one, to its template.

    Args:
        database: Whose tree it is of.
        context: The migration context, which has the arguments of the template.
        directives: The new revision.
    """
    for script in directives:
        operations = leaves(script.upgrade_ops) if script.upgrade_ops else ()
        found = reminders(database, operations)
        context.opts["template_args"]["reminders"] = found


def reminders(database: Database, operations: Iterable[MigrateOperation]) -> list[str]:
    """Say what operations ask for beside themselves, one line each.

    Args:
        database: Which of the two they are for.
        operations: Those of a new revision's upgrade, none inside another.
    """
    touched = {name for operation in operations for name in _columns(operation)}
    lines: dict[str, list[str]] = {}
    for field in MAPPING:
        for column in field.columns:
            table = column.name.partition(".")[0]
            if column.tree == database.name and touched & {column.name, table}:
                place = f"{field.path} of {field.message}"
                lines.setdefault(column.name, []).append(place)
    return [
        f"{name} is {', '.join(places)}: let spec/connectivity/schemas follow."
        for name, places in lines.items()
    ]


def _columns(operation: MigrateOperation) -> Iterator[str]:
    """Name the columns that an operation touches, or the table if it is all of them."""
    match operation:
        case ops.CreateTableOp() | ops.DropTableOp() | ops.RenameTableOp():
            yield operation.table_name
        case ops.AddColumnOp():
            yield f"{operation.table_name}.{operation.column.name}"
        case ops.DropColumnOp() | ops.AlterColumnOp():
            yield f"{operation.table_name}.{operation.column_name}"
        case ObjectOp(kind="columns"):
            yield f"{operation.table_name}.{operation.name}"
        case ObjectOp(kind="constraints"):
            for state in (operation.live or {}, operation.expected or {}):
                for name in state["columns"] if state.get("type") == "c" else ():
                    yield f"{operation.table_name}.{name}"
