"""The comparison of the models with the database, feature by feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic.util import PriorityDispatchResult, to_list

from .catalog import Relation, read
from .chunk_interval import compare_chunk_interval
from .columnstore import Columnstore, compare_columnstore
from .compare_aggregates import compare_aggregates
from .declaration import F, registry
from .default_index import leave_out_default_indexes
from .dimension import compare_dimensions
from .hypertable import Hypertable, compare_hypertable
from .hypertable_state import (
    hypertable_fate,
    implied_indexes,
    read_hypertable,
    wanted_hypertable,
)
from .integer_now import IntegerNow, compare_integer_now
from .plan import ColumnChanges, Fate, Plan, Target
from .reorder import ReorderPolicy, compare_reorder
from .retention import RetentionPolicy, compare_retention

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Table

    from .catalog import Catalog
    from .declaration import Absent


def compare(
    context: AutogenContext, upgrade: ops.UpgradeOps, _schemas: set[str | None]
) -> PriorityDispatchResult:
    """Put into a revision what brings TimescaleDB's features to what is declared.

    Args:
        context: The comparison that Alembic runs.
        upgrade: The revision, holding the table operations already.

    Returns:
        That Alembic shall go on.
    """
    assert context.connection is not None  # noqa: S101 (Alembic compares online only)
    catalog = read(context.connection)
    plan = Plan(catalog, _column_changes(catalog, upgrade))
    fates = _table_fates(catalog, upgrade)
    for table in context.sorted_tables:
        if context.run_object_filters(table, table.name, "table", False, None):  # noqa: FBT003 (Alembic's signature)
            relation = catalog.relation(table.schema, table.name)
            fate = fates.get(relation, Fate.KEPT)
            target = Target(relation, table.schema, fate, 1)
            implied = _compare_features(plan, target, table)
            leave_out_default_indexes(plan, target, upgrade, implied)
    for relation in [it for it, fate in fates.items() if fate is Fate.DROPPED]:
        schema = catalog.declared_schema(relation)
        _compare_features(plan, Target(relation, schema, Fate.DROPPED, 1), None)
    compare_aggregates(plan, context.connection, to_list(context.metadata))
    plan.insert_into(upgrade)
    return PriorityDispatchResult.CONTINUE


def _compare_features(plan: Plan, target: Target, table: Table | None) -> set[str]:
    """Plan the features of a table; name the indexes that come and go with them."""
    indexes = set() if table is None else {str(item.name) for item in table.indexes}
    live = read_hypertable(plan, target.relation, indexes)
    declared = (
        None if table is None else registry(table.metadata).get(table, Hypertable)
    )
    wanted = wanted_hypertable(declared, live)
    if target.fate is Fate.DROPPED:
        wanted = None
    fate = hypertable_fate(plan, target, live, wanted)
    target = compare_hypertable(plan, target, fate, live, wanted)
    plan.fates[target.relation] = target.fate
    if live is None and wanted is None:
        return set()
    compare_chunk_interval(plan, target, live, wanted)
    compare_dimensions(plan, target, live, wanted)
    compare_integer_now(plan, target, _declared(table, IntegerNow))
    compare_columnstore(plan, target, _declared(table, Columnstore))
    compare_retention(plan, target, _declared(table, RetentionPolicy))
    compare_reorder(plan, target, _declared(table, ReorderPolicy))
    return implied_indexes(plan, target, wanted, indexes)


def _declared(table: Table | None, kind: type[F]) -> F | Absent | None:
    return None if table is None else registry(table.metadata).get(table, kind)


def _table_fates(catalog: Catalog, upgrade: ops.UpgradeOps) -> dict[Relation, Fate]:
    fates = {}
    for operation in upgrade.ops:
        if isinstance(operation, (ops.CreateTableOp, ops.DropTableOp)):
            relation = catalog.relation(operation.schema, operation.table_name)
            created = isinstance(operation, ops.CreateTableOp)
            fates[relation] = Fate.CREATED if created else Fate.DROPPED
    return fates


def _column_changes(
    catalog: Catalog, upgrade: ops.UpgradeOps
) -> dict[Relation, ColumnChanges]:
    changes: dict[Relation, ColumnChanges] = {}
    for table, operation in _table_operations(upgrade):
        relation = catalog.relation(table.schema, table.table_name)
        changed = changes.setdefault(relation, ColumnChanges())
        if isinstance(operation, ops.DropColumnOp):
            changed.dropped.add(operation.column_name)
        if isinstance(operation, ops.AlterColumnOp) and operation.modify_type:
            changed.retyped.add(operation.column_name)
    return changes


def _table_operations(
    upgrade: ops.UpgradeOps,
) -> Iterator[tuple[ops.ModifyTableOps, object]]:
    for table in upgrade.ops:
        if isinstance(table, ops.ModifyTableOps):
            for operation in table.ops:
                yield table, operation
