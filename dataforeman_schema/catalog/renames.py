"""What goes where something like it comes: perhaps it only gets another name."""

from __future__ import annotations

import re
from contextlib import contextmanager
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final, TypeVar

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, ops

from dataforeman_schema.catalog.columns import alter_column
from dataforeman_schema.catalog.objects import named
from dataforeman_schema.catalog.operation import RenameOp
from dataforeman_schema.catalog.order import phase
from dataforeman_schema.catalog.question import AskOp
from dataforeman_schema.catalog.retype import RetypeOp, crosses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column, Table

    from dataforeman_schema.catalog.comparison import Comparison
    from dataforeman_schema.catalog.snapshot import Snapshot

_Comes = TypeVar("_Comes", bound=MigrateOperation)
_Goes = TypeVar("_Goes", bound=MigrateOperation)

_ALIKE: Final = 0.6
"""The share of columns that two tables have in common if one may be the other."""


class GivenNameOp(MigrateOperation):
    """Gives a table, or a column of it, another name; for a revision to be written.

    Args:
        old: The name that it has.
        new: The name that it gets.
        table: The table, of a column.
    """

    def __init__(self, old: str, new: str, table: str | None = None) -> None:
        self.old = old
        self.new = new
        self.table = table

    def reverse(self) -> GivenNameOp:
        """Return the operation that gives it the old name."""
        return GivenNameOp(self.new, self.old, self.table)


@renderers.dispatch_for(GivenNameOp)
def _render(context: AutogenContext, op: GivenNameOp) -> str:
    prefix = context.opts["alembic_module_prefix"]
    if op.table is None:
        return f"{prefix}rename_table({op.old!r}, {op.new!r})"
    return f"{prefix}alter_column({op.table!r}, {op.old!r}, new_column_name={op.new!r})"


def ask_about_renames(upgrade: ops.UpgradeOps, comparison: Comparison) -> bool:
    """Make a question of what goes where something like it comes, in place.

    Args:
        upgrade: A new revision's upgrade, in order.
        comparison: Both sides, as they were compared.

    Returns:
        Whether there is one.
    """
    tables = _pairs(upgrade, ops.CreateTableOp, ops.DropTableOp, _tables_alike)
    for create, drop in tables:
        _ask_about_table(upgrade, comparison, create.to_table(), drop.to_table())
    columns = _pairs(upgrade, ops.AddColumnOp, ops.DropColumnOp, _columns_alike)
    for add, drop_column in columns:
        _ask_about_column(upgrade, comparison, add, drop_column)
    return bool(tables or columns)


def _pairs(
    upgrade: ops.UpgradeOps,
    comes: type[_Comes],
    goes: type[_Goes],
    alike: Callable[[_Comes, _Goes], float],
) -> list[tuple[_Comes, _Goes]]:
    """Pair what comes with what goes, those that are most alike first."""
    found = [operation for _, operation in _walk(upgrade)]
    rated = [
        (alike(one, other), one, other)
        for one in found
        for other in found
        if isinstance(one, comes) and isinstance(other, goes)
    ]
    pairs: list[tuple[_Comes, _Goes]] = []
    for rate, one, other in sorted(rated, key=lambda pair: -pair[0]):
        if rate and not any(one is a or other is b for a, b in pairs):
            pairs.append((one, other))
    return pairs


def _walk(
    container: ops.OpContainer,
) -> Iterator[tuple[ops.OpContainer, MigrateOperation]]:
    for operation in container.ops:
        if isinstance(operation, ops.ModifyTableOps):
            yield from _walk(operation)
        else:
            yield container, operation


def _columns_alike(add: ops.AddColumnOp, drop: ops.DropColumnOp) -> float:
    column, former = add.column, drop.to_column()
    if add.table_name != drop.table_name or not _may_be_one(column, former):
        return 0
    return 1 + SequenceMatcher(None, column.name, former.name).ratio()


def _may_be_one(column: Column[Any], former: Column[Any]) -> bool:
    drawn = any(
        each.computed is not None or each.identity is not None
        for each in (column, former)
    )
    return not drawn and not crosses(former.type, column.type)


def _tables_alike(create: ops.CreateTableOp, drop: ops.DropTableOp) -> float:
    columns, former = create.to_table().columns, drop.to_table().columns
    common = [
        name
        for name in set(columns.keys()) & set(former.keys())
        if not crosses(former[name].type, columns[name].type)
    ]
    share = len(common) / max(len(columns), len(former), 1)
    return share if share >= _ALIKE else 0


def _ask_about_column(
    upgrade: ops.UpgradeOps,
    comparison: Comparison,
    add: ops.AddColumnOp,
    drop: ops.DropColumnOp,
) -> None:
    table, old, new = add.table_name, drop.column_name, add.column.name
    question = f"Was column {old} of table {table} renamed to {new}?"
    columns = comparison.live["columns"]
    given = {**columns, f"{table}.{new}": columns[f"{table}.{old}"]}
    with _live(comparison, {**comparison.live, "columns": given}):
        altered = list(_altered(comparison, table, drop.to_column(), add.column))
    _ask(
        upgrade,
        [add, drop],
        question,
        [GivenNameOp(old, new, table), *altered],
        "the values",
    )


def _altered(
    comparison: Comparison, table: str, former: Column[Any], column: Column[Any]
) -> Iterator[ops.AlterColumnOp]:
    alteration = ops.AlterColumnOp(table, column.name)
    key = f"{table}.{column.name}"
    alter_column(comparison, alteration, key, former, column)
    if alteration.modify_type is not None:
        alteration = RetypeOp.of(alteration)
    if alteration.has_changes():
        yield alteration


def _ask_about_table(
    upgrade: ops.UpgradeOps, comparison: Comparison, table: Table, former: Table
) -> None:
    with _live(comparison, _renamed(comparison.live, former.name, table.name)):
        differs = list(_differences(comparison, table, former))
    _ask(
        upgrade,
        [
            operation
            for operation in upgrade.ops
            if _concerns(operation, {table.name, former.name})
        ],
        f"Was table {former.name} renamed to {table.name}?",
        [GivenNameOp(former.name, table.name), *differs],
        "the rows",
    )


def _differences(
    comparison: Comparison, table: Table, former: Table
) -> Iterator[MigrateOperation]:
    """Compare a table with another as if that had its name already."""
    found: list[MigrateOperation] = [
        operation
        for kind in ("constraints", "indexes", "triggers")
        for operation in named(comparison, kind, table.name, table)
    ]
    for column in former.columns:
        if column.name in table.columns:
            declared = table.columns[column.name]
            found += _altered(comparison, table.name, column, declared)
        else:
            drop = ops.DropColumnOp.from_column_and_tablename
            found.append(drop(None, table.name, column))
    for column in table.columns:
        if column.name not in former.columns:
            add = ops.AddColumnOp.from_column_and_tablename
            found.append(add(None, table.name, column))
    yield from _sequences(comparison, table.name)
    yield from sorted(found, key=lambda operation: phase(operation) or 0)


def _sequences(comparison: Comparison, table: str) -> Iterator[RenameOp]:
    """Give the sequences of serial columns the names that they would come with."""
    expected = comparison.expected["sequences"].items()
    for name, live in comparison.live["sequences"].items():
        for other, found in expected:
            place = (found["table"], found["column"])
            if name != other and place == (live["table"], live["column"]):
                yield RenameOp("sequences", table, name, other, found)


def _renamed(live: Snapshot, old: str, new: str) -> Snapshot:
    """Read a snapshot as if a table had another name."""
    renamed: Snapshot = {}
    for kind, found in live.items():
        renamed[kind] = {
            re.sub(f"^{re.escape(old)}[.]", f"{new}.", key): {**each, "table": new}
            for key, each in found.items()
            if each.get("table") == old
        }
        others = {key: each for key, each in found.items() if each.get("table") != old}
        renamed[kind] |= others
    renamed["tables"][new] = renamed["tables"].pop(old)
    return renamed


@contextmanager
def _live(comparison: Comparison, live: Snapshot) -> Iterator[None]:
    """Compare with another live schema in a block."""
    before, comparison.live = comparison.live, live
    try:
        yield
    finally:
        comparison.live = before


def _concerns(operation: MigrateOperation, tables: set[str]) -> bool:
    inner = getattr(operation, "ops", None) or [getattr(operation, "operation", None)]
    names = {getattr(operation, name, None) for name in ("table_name", "relation")}
    return bool(names & tables) or any(
        _concerns(each, tables) for each in inner if each is not None
    )


def _ask(
    upgrade: ops.UpgradeOps,
    instead: list[MigrateOperation],
    question: str,
    if_so: list[MigrateOperation],
    loses: str,
) -> None:
    """Put a question in the place of operations, where the first creates something."""
    asked = AskOp(question, if_so, instead, loses)
    for container, operation in list(_walk(upgrade)):
        if isinstance(operation, (ops.CreateTableOp, ops.AddColumnOp)) and any(
            operation is each for each in instead
        ):
            container.ops[container.ops.index(operation)] = asked
        elif any(operation is each for each in instead):
            container.ops.remove(operation)
    upgrade.ops[:] = [
        operation
        for operation in upgrade.ops
        if not any(operation is each for each in instead)
        and not (isinstance(operation, ops.ModifyTableOps) and not operation.ops)
    ]
