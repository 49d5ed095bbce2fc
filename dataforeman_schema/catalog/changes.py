"""The differences between a database and what it should be, one a named object."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from alembic.operations import ops

from dataforeman_schema.catalog.operation import ObjectOp, ReleaseOp
from dataforeman_schema.catalog.order import Phase, phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alembic.operations import MigrateOperation

    from dataforeman_schema.catalog.snapshot import Properties

_Key = tuple[str | None, str | None]
_MOST: Final = 5
"""How many a message names."""


@dataclass
class Change:
    """All operations that concern one object.

    Attributes:
        table: The table that it belongs to, or None.
        name: What names the object, "column x" say; None is the table itself.
        operations: What brings it to what it should be, in order.
        keys: The table and name of each object, where several change at once.
    """

    table: str | None
    name: str | None
    operations: list[MigrateOperation]
    keys: frozenset[_Key]

    @property
    def alterations(self) -> list[ops.AlterColumnOp]:
        """The operations that alter a column."""
        return [op for op in self.operations if isinstance(op, ops.AlterColumnOp)]

    @property
    def objects(self) -> list[ObjectOp]:
        """The operations on it that are written in the server's words."""
        return [
            op
            for op in self.operations
            if isinstance(op, ObjectOp) and not isinstance(op, ReleaseOp)
        ]

    @property
    def live(self) -> Properties | None:
        """What the object is like, in the server's words, if it is there."""
        return self.objects[0].live if self.objects else None

    @property
    def expected(self) -> Properties | None:
        """What the object should be like, in the server's words, if it should be."""
        return self.objects[-1].expected if self.objects else None

    @property
    def is_extra(self) -> bool:
        """Whether the object is there, and nothing says that it should be."""
        return self.live is not None and self.expected is None

    @property
    def step(self) -> Phase:
        """When the change is made, so that all are made in an order that holds."""
        if isinstance(self.operations[0], ReleaseOp):
            return Phase.INDEXES  # once keys are back, before others rest on them
        return phase(self.operations[-1]) or Phase.TRIGGERS

    @property
    def where(self) -> str:
        """The object, in words."""
        if self.table is None:
            return str(self.name)
        table = f"table {self.table}"
        return f"{self.name} of {table}" if self.name else table


def changes(operations: Iterable[MigrateOperation]) -> list[Change]:
    """Sort a comparison's operations by the object that they concern.

    An index that differs, for example, is dropped and created: one change. What goes
    with its table is no change of its own, and what must make way for the change of a
    column and come back after it is part of that.

    Args:
        operations: In an order that holds.

    Returns:
        The changes, in the order of their first operations.
    """
    found: dict[_Key, Change] = {}
    released: defaultdict[str, list[ReleaseOp]] = defaultdict(list)
    for operation in operations:
        if isinstance(operation, ReleaseOp):
            released[f"{operation.table_name}.{operation.name}"].append(operation)
            continue
        key = (_table(operation), _name(operation))
        change = found.setdefault(key, Change(*key, [], frozenset([key])))
        change.operations.append(operation)
    kept = [change for change in found.values() if not _goes_with_table(change, found)]
    inside_out = list(released.values())[::-1]
    return _released(_joined(kept), inside_out)


def listed(found: Sequence[Change]) -> str:
    """Name what differs, in words; of many only the first."""
    named, more = [change.where for change in found[:_MOST]], len(found) - _MOST
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _released(
    found: list[Change], pairs: Iterable[Sequence[ReleaseOp]]
) -> list[Change]:
    """Put what goes for a moment around the changes that it would hold up."""
    for goes, comes in pairs:
        inner = [change for change in found if change.keys & goes.holds]
        if inner:
            whole = _around(goes, inner, comes)
            others = [change for change in found if change not in inner]
            place = min(map(found.index, inner))
            found = [*others[:place], whole, *others[place:]]
    return found


def _around(goes: ReleaseOp, inner: list[Change], comes: ReleaseOp) -> Change:
    *others, last = inner
    names = (
        str(other.name) if other.table == last.table else other.where
        for other in others
    )
    return Change(
        last.table,
        ", ".join((*names, str(last.name))),
        [goes, *(op for change in inner for op in change.operations), comes],
        frozenset().union(*(change.keys for change in inner)),
    )


def _goes_with_table(change: Change, found: Mapping[_Key, Change]) -> bool:
    table = found.get((change.table, None))
    drops = table is not None and isinstance(table.operations[-1], ops.DropTableOp)
    return drops and change.name is not None


def _joined(found: list[Change]) -> list[Change]:
    """Put what alters columns into the change that makes way for it."""
    for around in [change for change in found if _makes_way(change)]:
        inner = [
            change
            for change in found
            if change.table == around.table and change.alterations
        ]
        if inner:
            first, *others = around.operations
            between = [op for change in inner for op in change.alterations]
            name = ", ".join(str(change.name) for change in inner)
            whole = replace(
                around,
                name=name,
                operations=[first, *between, *others],
                keys=frozenset().union(*(change.keys for change in inner)),
            )
            rest = [change for change in found if change not in (around, *inner)]
            return [whole, *_joined(rest)]
    return found


def _makes_way(change: Change) -> bool:
    kinds = [
        str(op.to_diff_tuple()[0])
        for op in change.operations
        if not isinstance(op, ObjectOp)
        and not type(op).__module__.startswith("alembic.")
    ]
    return len(kinds) > 1 and kinds[0].startswith(("remove_", "suspend_"))


def _table(operation: MigrateOperation) -> str | None:
    for attribute in ("table_name", "relation"):
        if name := getattr(operation, attribute, None):
            return str(name)
    return None


def _name(operation: MigrateOperation) -> str | None:
    match operation:
        case ObjectOp(kind="tables") | ops.CreateTableOp() | ops.DropTableOp():
            return None
        case ObjectOp(kind="sequences") if operation.table_name:
            found = operation.expected or operation.live or {}
            return f"column {found['column']}"
        case ObjectOp():
            return f"{operation.noun} {operation.name}"
        case ops.AddColumnOp():
            return f"column {operation.column.name}"
        case ops.AlterColumnOp() | ops.DropColumnOp():
            return f"column {operation.column_name}"
    return noun(operation)


def noun(operation: MigrateOperation) -> str:
    """Name what an operation of another plugin concerns, "columnstore policy" say.

    Such an operation describes itself: ``add_columnstore_policy``, the relation, its
    schema and the state that it shall have; where one is altered, the live one before.
    """
    kind = str(operation.to_diff_tuple()[0])
    return kind.partition("_")[2].replace("_", " ")
