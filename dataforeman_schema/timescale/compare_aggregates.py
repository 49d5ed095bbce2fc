"""The comparison of continuous aggregates, which may build on each other."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .aggregate import ContinuousAggregate, NoContinuousAggregate
from .aggregate_query import added_columns, column_names, is_query
from .aggregate_view import AggregateView
from .column_changes import ColumnChanges
from .compare_aggregate import compare_aggregate
from .declaration import registry
from .operations import features_of
from .plan import Disposition, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, MetaData

    from .aggregate_columns import AddedColumn
    from .catalog import Aggregate, Relation
    from .plan import Plan

_SCRATCH = "timescale_declared_definition"
_READ_ONLY: Final = "25006"
_NO_PRIVILEGE: Final = "42501"
_FIRST_RANK, _RANKS_EACH = 10, 3

Declared = ContinuousAggregate | NoContinuousAggregate


def compare_aggregates(
    plan: Plan, connection: Connection, metadatas: Iterable[MetaData]
) -> None:
    """Plan what brings the continuous aggregates to what is declared.

    Args:
        plan: The comparison; it knows the dispositions of the tables.
        connection: A connection that may create a temporary view; it is rolled back.
        metadatas: The models.

    Raises:
        CommandError: It may not, so a declared query cannot be compared.
    """
    declared = {
        plan.catalog.relation(*key): aggregate
        for metadata in metadatas
        for key, aggregate in registry(metadata).aggregates.items()
    }
    depths = _Depths(plan, declared)
    relations = {*declared, *plan.catalog.aggregates}
    for relation in sorted(relations, key=lambda it: (depths.depth(it), it)):
        rank = _FIRST_RANK + _RANKS_EACH * depths.depth(relation)
        _compare(plan, connection, relation, rank, declared.get(relation))


def _compare(
    plan: Plan,
    connection: Connection,
    relation: Relation,
    rank: int,
    declared: Declared | None,
) -> None:
    live = plan.catalog.aggregates.get(relation)
    base = _base_disposition(plan, live)
    if declared is None and base is Disposition.KEPT:
        return
    schema = plan.catalog.declared_schema(relation)
    schema = schema if declared is None else declared.schema
    target = Target(relation, schema, base, rank, is_aggregate=True)
    wanted = _wanted(connection, declared, live, base)
    added: list[AddedColumn] = []
    changes = live and wanted and wanted.definition != live.definition
    if live and changes and isinstance(declared, ContinuousAggregate):
        added = added_columns(connection, declared, live)
        gone = set(live.columns) - column_names(connection, declared, live)
        plan.changed[relation] = ColumnChanges(dropped=gone)
    target = compare_aggregate(plan, target, _view(live), wanted, added)
    plan.dispositions[relation] = target.disposition
    if live and wanted and target.disposition is not Disposition.DROPPED:
        # All that is set of one that is made anew is given back to it.
        target = dataclasses.replace(target, disposition=Disposition.KEPT)
    for feature in features_of(aggregates=True):
        declared_feature = None if declared is None else declared.get(feature.kind)
        feature.compare(plan, target, declared_feature)


def _base_disposition(plan: Plan, live: Aggregate | None) -> Disposition:
    if live is None:
        return Disposition.KEPT
    disposition = plan.dispositions.get(live.base, Disposition.KEPT)
    retyped = any(
        plan.columns(relation).retyped & columns
        for relation, columns in live.reads.items()
    )
    stays = disposition in {Disposition.KEPT, Disposition.REPLACED_BACKWARDS}
    return Disposition.REPLACED if stays and retyped else disposition


def _wanted(
    connection: Connection,
    declared: Declared | None,
    live: Aggregate | None,
    base: Disposition,
) -> AggregateView | None:
    if isinstance(declared, NoContinuousAggregate):
        return None
    if declared is None:
        return None if base is Disposition.DROPPED else _view(live)
    translation = connection.get_execution_options().get("schema_translate_map")
    view = declared.view
    if live is None:
        return view
    if view.materialized_only is None:
        view = dataclasses.replace(view, materialized_only=live.materialized_only)
    if is_query(connection, declared.definition_in(translation or {}), live):
        view = dataclasses.replace(view, definition=live.definition)
    return view


def _view(live: Aggregate | None) -> AggregateView | None:
    if live is None:
        return None
    return AggregateView(live.definition, live.materialized_only)


@dataclass
class _Depths:
    """How many aggregates an aggregate builds on."""

    plan: Plan
    declared: dict[Relation, Declared]

    def depth(self, relation: Relation) -> int:
        below = [it for it in self._sources(relation) if self._is_aggregate(it)]
        return 1 + max(map(self.depth, below)) if below else 0

    def _sources(self, relation: Relation) -> set[Relation]:
        declared = self.declared.get(relation)
        live = self.plan.catalog.aggregates.get(relation)
        sources = {live.base, *live.reads} if live else set()
        if isinstance(declared, ContinuousAggregate):
            sources |= {self.plan.catalog.relation(*key) for key in declared.sources}
        return sources

    def _is_aggregate(self, relation: Relation) -> bool:
        return relation in self.declared or relation in self.plan.catalog.aggregates
