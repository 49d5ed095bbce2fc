"""Declaring on reflected tables what a database makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalog import read
from .columnstore import Columnstore
from .columnstore_policy import ColumnstorePolicy
from .columnstore_state import read_columnstore
from .declaration import registry
from .hypertable_state import read_hypertable
from .interval import Tunable, untuned
from .plan import Disposition, Plan, Target
from .policy import live_copies
from .retention import RetentionPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, MetaData

    from .declaration import TableDeclaration
    from .interval import Span, TunableSpan


def reflect_features(connection: Connection, metadata: MetaData) -> None:
    """Declare the hypertables, columnstores and policies that a database has.

    The ages of policies are declared as `Tunable`, their schedules not at all.

    Args:
        connection: A connection to it; only read.
        metadata: Its tables, reflected; those that are hypertables get declarations.
    """
    plan = Plan(read(connection))
    for table in metadata.tables.values():
        relation = plan.catalog.relation(table.schema, table.name)
        target = Target(relation, table.schema, Disposition.KEPT)
        indexes = {str(index.name) for index in table.indexes}
        live = read_hypertable(plan, relation, indexes)
        for feature in [live, *_features(plan, target)] if live else []:
            registry(metadata).add(table, feature)


def _features(plan: Plan, target: Target) -> Iterator[TableDeclaration]:
    catalog, relation = plan.catalog, target.relation
    if settings := read_columnstore(plan, target):
        moves = live_copies(catalog, relation, ColumnstorePolicy)
        after = _tunable(moves.policy.after) if moves else None
        yield Columnstore(settings.segment_by, settings.order_by, after)
    if drops := live_copies(catalog, relation, RetentionPolicy):
        yield RetentionPolicy(_tunable(drops.policy.drop_after))


def _tunable(span: TunableSpan | None) -> Tunable[Span] | None:
    return None if span is None else Tunable(untuned(span))
