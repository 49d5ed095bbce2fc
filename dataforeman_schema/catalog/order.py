"""The order of a revision: what goes makes way, what comes finds what it needs."""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum, auto
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from alembic.operations import ops

from dataforeman_schema.catalog.named_types import expect_types
from dataforeman_schema.catalog.operation import CommittedOp, ObjectOp, RenameOp
from dataforeman_schema.catalog.retype import RetypeOp
from dataforeman_schema.catalog.type_operations import RemakeOp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from alembic.operations import MigrateOperation

    from dataforeman_schema.catalog.operation import ReleaseOp
    from dataforeman_schema.catalog.snapshot import Properties


class Phase(IntEnum):
    """When an operation runs; the downgrade, in reverse, finds the same order."""

    COMMITTED = auto()
    """Labels of enums, and indexes made beside writers, come and are committed."""
    RENAMES = auto()
    """Things get their right names, and free others."""
    RELEASES = auto()
    """Foreign keys, triggers, rules and views go that would hold what goes next."""
    REMOVALS = auto()
    """Whatever else goes, but what holds values."""
    TYPES = auto()
    """Types, functions and sequences come, or change in place."""
    COLUMNS = auto()
    KEYS = auto()
    TABLES = auto()
    """Missing tables come, with all that belongs to them."""
    INDEXES = auto()
    """Indexes, checks and comments."""
    REFERENCES = auto()
    """Foreign keys come, which need the keys of other tables."""
    TRIGGERS = auto()
    """Triggers, rules and views come."""
    LEFTOVERS = auto()
    """Columns and tables go: until then their values can be used."""
    UNUSED = auto()
    """What those used goes."""


_ALEMBIC: Final[tuple[tuple[type[MigrateOperation], Phase], ...]] = (
    (ops.DropTableOp, Phase.LEFTOVERS),
    (ops.DropColumnOp, Phase.LEFTOVERS),
    (ops.CreateTableOp, Phase.TABLES),
    (ops.AddColumnOp, Phase.COLUMNS),
    (ops.AlterColumnOp, Phase.COLUMNS),
)
_GOES: Final = {
    "triggers": Phase.RELEASES,
    "rules": Phase.RELEASES,
    "views": Phase.RELEASES,
    "constraints": Phase.REMOVALS,
    "indexes": Phase.REMOVALS,
    "statistics": Phase.REMOVALS,
}
_CONSTRAINTS: Final = {
    "p": Phase.KEYS,
    "u": Phase.KEYS,
    "f": Phase.REFERENCES,
}
_COMES: Final = {
    "types": Phase.TYPES,
    "functions": Phase.TYPES,
    "sequences": Phase.TYPES,
    "columns": Phase.COLUMNS,
    "triggers": Phase.TRIGGERS,
    "rules": Phase.TRIGGERS,
    "views": Phase.TRIGGERS,
}


def phase(operation: MigrateOperation) -> Phase | None:
    """Say when an operation runs; None: among others where it stands."""
    if isinstance(operation, RenameOp):
        return Phase.RENAMES
    if isinstance(operation, ObjectOp):
        return _phase_of_special(operation) or _phase_of_object(operation)
    if _is_computed(operation):
        return Phase.REMOVALS if isinstance(operation, ops.DropColumnOp) else Phase.KEYS
    return next((when for kind, when in _ALEMBIC if isinstance(operation, kind)), None)


def _is_computed(operation: MigrateOperation) -> bool:
    """Tell whether a column comes, or goes, whose values others give."""
    if isinstance(operation, ops.DropColumnOp):
        operation = operation.reverse()
    return isinstance(operation, ops.AddColumnOp) and bool(operation.column.computed)


def _phase_of_special(operation: ObjectOp) -> Phase | None:
    """Say when something runs of which others of its kind run at another time."""
    if isinstance(operation, CommittedOp):
        return Phase.COMMITTED
    if isinstance(operation, RemakeOp) and operation.is_last:
        return Phase.UNUSED
    if (operation.expected or operation.live or {}).get("of_view"):
        return Phase.TRIGGERS if operation.expected else Phase.REMOVALS
    return None


def _phase_of_object(operation: ObjectOp) -> Phase:
    found = operation.expected or operation.live or {}
    refers = operation.kind == "constraints" and found["type"] == "f"
    if operation.expected is None:
        if refers:
            return Phase.RELEASES
        gone = Phase.REMOVALS if operation.makes_way else Phase.UNUSED
        return _GOES.get(operation.kind, gone)
    if operation.kind == "constraints" and operation.live is None:
        return _CONSTRAINTS.get(found["type"], Phase.INDEXES)
    if operation.kind == "columns" and not _draws(found):
        return Phase.REMOVALS
    if operation.kind == "tables" and found["persistence"] != (
        operation.live or found
    ).get("persistence"):
        return Phase.REMOVALS  # foreign keys need logged tables
    return _COMES.get(operation.kind, Phase.INDEXES)


def _draws(column: Properties) -> bool:
    return any(column[part] for part in ("default", "identity", "generated"))


def arrange(
    upgrade: ops.UpgradeOps,
    referents: Mapping[str, Collection[str]],
    releases: Callable[[Collection[MigrateOperation]], Iterable[ReleaseOp]],
) -> None:
    """Put the operations of a revision into an order that holds, in place.

    Args:
        upgrade: Its upgrade; operations of features that others order stay last.
        referents: For each table those that its foreign keys refer to.
        releases: Finds what must go for a moment while others are changed.
    """
    last, ranks = max(Phase) + 1, _ranks(referents)

    def place(leaf: _Leaf) -> tuple[int, int]:
        table, operation = leaf
        drops = isinstance(operation, ops.DropTableOp)
        rank = 1 + ranks[table] if drops and table else getattr(operation, "rank", 0)
        return phase(operation) or last, rank

    placed = list(_leaves(upgrade))
    found = releases([operation for _table, operation in placed])
    placed += [(release.table_name, release) for release in found]
    ordered = sorted(placed, key=place)
    upgrade.ops[:] = _grouped(ordered)


def _ranks(referents: Mapping[str, Collection[str]]) -> defaultdict[str, int]:
    """Number tables so that each comes before those that it refers to."""
    graph = {table: set(others) - {table} for table, others in referents.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        order = []  # the server says which key is in the way
    ranks: defaultdict[str, int] = defaultdict(int)
    ranks.update((table, -place) for place, table in enumerate(order, -len(order)))
    return ranks


def leaves(container: ops.OpContainer) -> Iterator[MigrateOperation]:
    """List the operations in a revision, as they come."""
    for _table, operation in _leaves(container):
        yield operation


_Leaf = tuple[str | None, "MigrateOperation"]
"""An operation, after the table that it concerns."""


def _leaves(container: ops.OpContainer, table: str | None = None) -> Iterator[_Leaf]:
    for operation in container.ops:
        if isinstance(operation, ops.ModifyTableOps):
            yield from _leaves(operation, operation.table_name)
        else:
            name = getattr(operation, "table_name", None)
            yield (table or name), _as_written(operation)


def _as_written(operation: MigrateOperation) -> MigrateOperation:
    expect_types(operation)
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
        return RetypeOp.of(operation)
    return operation


def _grouped(leaves: list[_Leaf]) -> Iterator[MigrateOperation]:
    """Group what concerns one table and comes together, as Alembic does."""
    for table, group in groupby(leaves, key=itemgetter(0)):
        operations = [operation for _table, operation in group]
        whole = (ops.CreateTableOp, ops.DropTableOp)
        if table is None or any(isinstance(each, whole) for each in operations):
            yield from operations
        else:
            yield ops.ModifyTableOps(table, operations)
