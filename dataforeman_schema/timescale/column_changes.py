"""What the table operations of a revision do to the columns of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from alembic.operations import ops
from sqlalchemy import Computed, DefaultClause, Identity

from .ddl import column_compiler
from .operation import DowngradeOnly, UpgradeOnly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column

    from .catalog import Catalog, Relation

_LITERAL: Final = re.compile(r"'([^']|'')*'|-?[\d.]+|true|false|null", re.IGNORECASE)


@dataclass
class ColumnChanges:
    """What the table operations do to the columns of a table.

    Attributes:
        added: The columns that come.
        dropped: The columns that go.
        retyped: The columns whose type changes.
        upgrade_needs_rowstore: Whether the upgrade does what a columnstore forbids.
        downgrade_needs_rowstore: Whether the downgrade does.
    """

    added: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    retyped: set[str] = field(default_factory=set)
    upgrade_needs_rowstore: bool = False
    downgrade_needs_rowstore: bool = False

    @property
    def needing_rowstore(
        self,
    ) -> Callable[[MigrateOperation], MigrateOperation] | None:
        """What leaves an operation to the directions that need the rowstore, if any."""
        if self.upgrade_needs_rowstore and self.downgrade_needs_rowstore:
            return lambda operation: operation
        if self.upgrade_needs_rowstore:
            return UpgradeOnly
        return DowngradeOnly if self.downgrade_needs_rowstore else None


def read_column_changes(
    catalog: Catalog, upgrade: ops.UpgradeOps
) -> dict[Relation, ColumnChanges]:
    """Read what the table operations of a revision do to columns.

    Args:
        catalog: What the database has.
        upgrade: The revision's upgrade, holding the table operations.

    Returns:
        The changes by table.
    """
    changes: dict[Relation, ColumnChanges] = {}
    for table, operation in _table_operations(upgrade):
        relation = catalog.relation(table.schema, table.table_name)
        changed = changes.setdefault(relation, ColumnChanges())
        if isinstance(operation, ops.AlterColumnOp):
            _note_alteration(changed, operation)
        elif isinstance(operation, ops.AddColumnOp):
            changed.added.add(operation.column.name)
            if _needs_rowstore(operation.column):
                changed.upgrade_needs_rowstore = True
        elif isinstance(operation, ops.DropColumnOp):
            changed.dropped.add(operation.column_name)
            if _needs_rowstore(operation.to_column()):
                changed.downgrade_needs_rowstore = True
    return changes


def _table_operations(
    upgrade: ops.UpgradeOps,
) -> Iterator[tuple[ops.ModifyTableOps, object]]:
    for table in upgrade.ops:
        if isinstance(table, ops.ModifyTableOps):
            for operation in table.ops:
                yield table, operation


def _note_alteration(changed: ColumnChanges, operation: ops.AlterColumnOp) -> None:
    if operation.modify_type is not None:
        changed.retyped.add(operation.column_name)
    defaults = (operation.modify_server_default, operation.existing_server_default)
    if operation.modify_type is not None or _is_generated(*defaults):
        changed.upgrade_needs_rowstore = changed.downgrade_needs_rowstore = True


def _is_generated(new: object, existing: object) -> bool:
    kinds = (Identity, Computed)
    return new is not False and (isinstance(new, kinds) or isinstance(existing, kinds))


def _needs_rowstore(column: Column[object]) -> bool:
    """Say whether a column cannot be added while a columnstore is on.

    Rows that are there must get a value that all releases take for a constant.
    """
    if column.computed is not None or column.identity is not None:
        return True
    if not isinstance(column.server_default, DefaultClause):
        return not column.nullable
    default = column_compiler().get_column_default_string(column)
    return _LITERAL.fullmatch(str(default)) is None
