"""The differences between models and database, one a named object."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from alembic.operations import ops
from sqlalchemy import Index

from dataforeman_schema.commands.verify import features
from dataforeman_schema.commands.verify.finding import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alembic.operations import MigrateOperation
    from sqlalchemy import Constraint


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

    @property
    def alterations(self) -> list[ops.AlterColumnOp]:
        """The operations that alter a column."""
        return [it for it in self.operations if isinstance(it, ops.AlterColumnOp)]

    @property
    def step(self) -> Step:
        """When the change is made, so that all are made in an order that holds."""
        last = self.operations[-1]
        if isinstance(last, ops.DropConstraintOp):
            keeps = last.constraint_type == "foreignkey"
            return Step.RELEASES if keeps else Step.REMOVALS
        if self.alterations:
            return Step.COLUMNS
        return next((step for kind, step in _STEPS if isinstance(last, kind)), _ELSE)


_ELSE: Final = Step.FEATURES
_STEPS: Final[tuple[tuple[type[MigrateOperation], Step], ...]] = (
    (ops.DropTableOp, Step.REMOVALS),
    (ops.DropColumnOp, Step.LEFTOVERS),
    (ops.DropIndexOp, Step.REMOVALS),
    (ops.AddColumnOp, Step.COLUMNS),
    (ops.CreatePrimaryKeyOp, Step.KEYS),
    (ops.CreateUniqueConstraintOp, Step.KEYS),
    (ops.CreateTableOp, Step.TABLES),
    (ops.CreateForeignKeyOp, Step.REFERENCES),
    (ops.AddConstraintOp, Step.INDEXES),
    (ops.CreateIndexOp, Step.INDEXES),
    (ops.CreateTableCommentOp, Step.INDEXES),
    (ops.DropTableCommentOp, Step.INDEXES),
)


def changes(operations: Iterable[MigrateOperation]) -> list[Change]:
    """Sort a comparison's operations by the object that they concern.

    An index that differs, for example, is dropped and created: one change. What goes
    with its table is no change of its own, and what must make way for the change of a
    column and come back after it is part of that.

    Args:
        operations: As Alembic's comparison orders them.

    Returns:
        The changes, in the order of their first operations.
    """
    found: dict[tuple[str | None, str | None], Change] = {}
    for operation in _leaves(operations):
        key = (_table(operation), _name(operation))
        found.setdefault(key, Change(*key, [])).operations.append(operation)
    return _joined([it for it in found.values() if not _goes_with_table(it, found)])


def remake(item: Index | Constraint) -> Change:
    """Write the change that drops an index or constraint and makes it as declared."""
    operations: list[MigrateOperation]
    if isinstance(item, Index):
        operations = [
            ops.DropIndexOp.from_index(item),
            ops.CreateIndexOp.from_index(item),
        ]
    else:
        operations = [
            ops.DropConstraintOp.from_constraint(item),
            ops.AddConstraintOp.from_constraint(item),
        ]
    return changes(operations)[0]


def _goes_with_table(
    change: Change, found: Mapping[tuple[str | None, str | None], Change]
) -> bool:
    table = found.get((change.table, None))
    drops = table is not None and isinstance(table.operations[-1], ops.DropTableOp)
    return drops and change.name is not None


def _joined(found: list[Change]) -> list[Change]:
    """Put what alters columns into the change that makes way for it."""
    for around in [it for it in found if _makes_way(it)]:
        inner = [it for it in found if it.table == around.table and it.alterations]
        if inner:
            first, *others = around.operations
            between = [operation for it in inner for operation in it.alterations]
            name = ", ".join(str(it.name) for it in inner)
            whole = replace(around, name=name, operations=[first, *between, *others])
            rest = [it for it in found if it not in (around, *inner)]
            return [whole, *_joined(rest)]
    return found


def _makes_way(change: Change) -> bool:
    kinds = [
        str(it.to_diff_tuple()[0])
        for it in change.operations
        if not type(it).__module__.startswith("alembic.")
    ]
    return len(kinds) > 1 and kinds[0].startswith("remove_")


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
