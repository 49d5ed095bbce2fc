"""Leaving indexes that come and go with a hypertable out of revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

if TYPE_CHECKING:
    from .plan import Plan, Target


def leave_out_default_indexes(
    plan: Plan, target: Target, upgrade: ops.UpgradeOps, names: set[str]
) -> None:
    """Take the removal of indexes that come and go with a hypertable from a revision.

    Args:
        plan: The comparison.
        target: The hypertable.
        upgrade: The revision's upgrade, holding the table operations.
        names: The indexes.
    """
    relation = plan.catalog.relation
    for table in [it for it in upgrade.ops if isinstance(it, ops.ModifyTableOps)]:
        if relation(table.schema, table.table_name) == target.relation:
            table.ops[:] = [it for it in table.ops if not _drops_index(it, names)]
        if table.is_empty():
            upgrade.ops.remove(table)


def _drops_index(operation: object, names: set[str]) -> bool:
    return isinstance(operation, ops.DropIndexOp) and operation.index_name in names
