"""The differences between models and database, one a named object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.operations import ops

from dataforeman_schema.commands.verify import features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.operations import MigrateOperation


@dataclass
class Change:
    """All operations that concern one object.

    Attributes:
        table: The table that it belongs to, or None.
        name: What names the object, "column x" say; None is the table itself.
        operations: What brings it to what the models say, in order.
    """

    table: str | None
    name: str | None
    operations: list[MigrateOperation]


def changes(operations: Iterable[MigrateOperation]) -> list[Change]:
    """Sort a comparison's operations by the object that they concern.

    An index that differs, for example, is dropped and created: one change.

    Args:
        operations: As Alembic's comparison orders them.

    Returns:
        The changes, in the order of their first operations.
    """
    found: dict[tuple[str | None, str | None], Change] = {}
    for operation in _leaves(operations):
        key = (_table(operation), _name(operation))
        found.setdefault(key, Change(*key, [])).operations.append(operation)
    return list(found.values())


def _leaves(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    for operation in operations:
        if isinstance(operation, ops.OpContainer):
            yield from _leaves(operation.ops)
        else:
            yield operation


def _table(operation: MigrateOperation) -> str | None:
    for attribute in ("table_name", "source_table", "relation"):
        if name := getattr(operation, attribute, None):
            return str(name)
    return None


def _name(operation: MigrateOperation) -> str | None:
    if isinstance(operation, (ops.CreateTableOp, ops.DropTableOp)):
        return None
    if isinstance(operation, ops.AddColumnOp):
        return f"column {operation.column.name}"
    if isinstance(operation, (ops.CreateTableCommentOp, ops.DropTableCommentOp)):
        return "comment"
    for noun in ("column", "constraint", "index"):
        if name := getattr(operation, f"{noun}_name", None):
            return f"{noun} {name}"
    return features.noun(operation)
