"""The comparison of the models with the database, feature by feature."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic.util import PriorityDispatchResult, to_list

from .catalog import Relation, read
from .chunk_interval_op import compare_chunk_interval
from .column_changes import read_column_changes
from .compare_aggregates import compare_aggregates
from .compare_jobs import compare_jobs
from .declaration import F, registry
from .default_index_op import leave_out_default_indexes
from .dimension import compare_dimensions
from .hypertable import Hypertable
from .hypertable_index import index_by_chunk
from .hypertable_op import compare_hypertable
from .hypertable_state import (
    hypertable_disposition,
    implied_indexes,
    read_hypertable,
    wanted_hypertable,
)
from .identity_column import number_rows
from .keys import changes_key, compare_key
from .operations import features_of
from .plan import Disposition, Plan, Target

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Connection, Table

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
    changes = read_column_changes(catalog, upgrade)
    plan = Plan(catalog, changes, connection=context.connection)
    dispositions = _table_dispositions(catalog, upgrade)
    for table in context.sorted_tables:
        if context.run_object_filters(table, table.name, "table", False, None):  # noqa: FBT003 (Alembic's signature)
            relation = catalog.relation(table.schema, table.name)
            disposition = dispositions.get(relation, Disposition.KEPT)
            is_new = disposition is Disposition.CREATED
            target = Target(relation, table.schema, disposition, 1, is_new_table=is_new)
            _compare_key(plan, context.connection, upgrade, target, table)
            implied = _compare_features(plan, target, table)
            leave_out_default_indexes(plan, target, upgrade, implied)
    for relation in [
        it
        for it, disposition in dispositions.items()
        if disposition is Disposition.DROPPED
    ]:
        schema = catalog.declared_schema(relation)
        _compare_features(plan, Target(relation, schema, Disposition.DROPPED, 1), None)
    index_by_chunk(plan, upgrade)
    compare_aggregates(plan, context.connection, to_list(context.metadata))
    compare_jobs(plan, to_list(context.metadata))
    number_rows(plan, upgrade)
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
    if target.disposition is Disposition.DROPPED:
        wanted = None
    disposition = hypertable_disposition(plan, target, live, wanted)
    target = compare_hypertable(plan, target, disposition, live, wanted)
    plan.dispositions[target.relation] = target.disposition
    if live is None and wanted is None:
        return set()
    compare_chunk_interval(plan, target, live, wanted)
    compare_dimensions(plan, target, live, wanted)
    # What is set of one that is made anew is given back to it.
    anew = live is not None and wanted is not None
    stays = dataclasses.replace(target, disposition=Disposition.KEPT)
    for feature in features_of(aggregates=False):
        declared_feature = _declared(table, feature.kind)
        feature.compare(plan, stays if anew else target, declared_feature)
    return implied_indexes(plan, target, wanted, indexes)


def _compare_key(
    plan: Plan,
    connection: Connection,
    upgrade: ops.UpgradeOps,
    target: Target,
    table: Table,
) -> None:
    declared = _declared(table, Hypertable)
    is_plain = target.relation not in plan.catalog.dimensions
    stays = target.disposition is Disposition.KEPT
    free = is_plain and stays and not changes_key(upgrade, table.name)
    if free and isinstance(declared, Hypertable):
        compare_key(plan, connection, target, table, declared)


def _declared(table: Table | None, kind: type[F]) -> F | Absent | None:
    return None if table is None else registry(table.metadata).get(table, kind)


def _table_dispositions(
    catalog: Catalog, upgrade: ops.UpgradeOps
) -> dict[Relation, Disposition]:
    dispositions = {}
    for operation in upgrade.ops:
        if isinstance(operation, (ops.CreateTableOp, ops.DropTableOp)):
            relation = catalog.relation(operation.schema, operation.table_name)
            created = isinstance(operation, ops.CreateTableOp)
            dispositions[relation] = (
                Disposition.CREATED if created else Disposition.DROPPED
            )
    return dispositions
