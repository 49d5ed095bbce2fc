"""Declaring on tables what a database makes of them."""

from __future__ import annotations

import re
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import MetaData, Table, table, text

from .aggregate import ContinuousAggregate, attribute_of
from .catalog import Relation, read
from .columnstore import Columnstore
from .declaration import UNMANAGED, Absent, Unmanaged, registry
from .hypertable import Hypertable
from .hypertable_state import read_hypertable
from .interval import Tunable, untuned
from .job_scaffold import declare_jobs
from .operations import features_of
from .plan import Disposition, Plan, Target
from .retention import RetentionPolicy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, TableClause

    from .catalog import Catalog
    from .declaration import TableDeclaration

# What SQLAlchemy's text() takes for a parameter, or for one that is escaped already.
_COLON: Final = re.compile(
    r"(?<![:\w\x5c]):(?=\w+(?![:\w]))|(?<=\x5c):(?=\w*(?![:\w]))"
)


def reflect_features(connection: Connection, metadata: MetaData) -> None:
    """Declare what a database makes of tables, for the comparison with another one.

    The ages of policies are declared as `Tunable`, their schedules not at all. A
    columnstore without a policy is declared to have none. Continuous aggregates are
    left out.

    Args:
        connection: A connection to it; only read.
        metadata: Its tables, reflected; those that are hypertables get declarations.
    """
    plan = Plan(read(connection))
    for each in metadata.tables.values():
        indexes = {str(index.name) for index in each.indexes}
        for feature in _features(plan, _target(plan, each), indexes):
            registry(metadata).add(each, _with_tunable_ages(feature))


def declare_all(catalog: Catalog) -> MetaData:
    """Declare all that TimescaleDB makes of a database, as it is.

    A policy that is paused or doubled cannot be declared, and is left out; so is a job
    that cannot be told from another one.

    Args:
        catalog: What the database has, as `catalog.read` returns it.

    Returns:
        The hypertables, as tables without columns, with their features; the continuous
        aggregates, each after those that it reads; and the jobs.
    """
    plan, metadata = Plan(catalog), MetaData()
    for relation in sorted(catalog.dimensions.keys() - catalog.aggregates.keys()):
        schema = catalog.declared_schema(relation)
        hypertable = Table(relation.name, metadata, schema=schema)
        for feature in _features(plan, _target(plan, hypertable)):
            registry(metadata).add(hypertable, _without_nothing(feature))
    for relation in _in_order(catalog):
        _declare_aggregate(plan, relation, metadata)
    declare_jobs(catalog, metadata)
    return metadata


def _target(plan: Plan, of: Table) -> Target:
    relation = plan.catalog.relation(of.schema, of.name)
    return Target(relation, of.schema, Disposition.KEPT)


def _features(
    plan: Plan, target: Target, indexes: Collection[str] = ()
) -> Iterator[TableDeclaration]:
    hypertable = read_hypertable(plan, target.relation, set(indexes))
    if hypertable is None:
        return
    yield hypertable
    for feature in features_of(aggregates=False):
        if found := feature.read(plan, target):
            yield found


def _with_tunable_ages(feature: TableDeclaration) -> TableDeclaration:
    if isinstance(feature, RetentionPolicy):
        return RetentionPolicy(
            _tunable(feature.drop_after), None, _tunable(feature.drop_created_before)
        )
    if isinstance(feature, Columnstore):
        after = _tunable(feature.after)
        return replace(feature, after=after, schedule_interval=None)
    return feature


def _tunable(span: Any) -> Any:  # noqa: ANN401 (a span of the kind it is, or none)
    nothing = span is None or isinstance(span, (Absent, Unmanaged))
    return span if nothing else Tunable(untuned(span))


def _without_nothing(feature: TableDeclaration) -> TableDeclaration:
    """Leave out that there are no hash dimensions."""
    if isinstance(feature, Hypertable):
        return replace(feature, hash_dimensions=feature.hash_dimensions or None)
    return feature


def _in_order(catalog: Catalog) -> list[Relation]:
    below = {
        relation: sorted(catalog.aggregates.keys() & {live.base, *live.reads})
        for relation, live in sorted(catalog.aggregates.items())
    }
    return list(TopologicalSorter(below).static_order())


def _declare_aggregate(plan: Plan, relation: Relation, metadata: MetaData) -> None:
    catalog, live = plan.catalog, plan.catalog.aggregates[relation]
    schema = catalog.declared_schema(relation)
    target = Target(relation, schema, Disposition.KEPT, is_aggregate=True)
    features: dict[str, Any] = {
        attribute_of(feature.kind): feature.read(plan, target) or UNMANAGED
        for feature in features_of(aggregates=True)
    }
    ContinuousAggregate(
        relation.name,
        text(_COLON.sub(r"\\:", live.definition)),
        metadata=metadata,
        schema=schema,
        reads=[_read(catalog, it) for it in sorted({live.base, *live.reads})],
        materialized_only=live.materialized_only,
        **features,
    )


def _read(catalog: Catalog, relation: Relation) -> TableClause:
    return table(relation.name, schema=catalog.declared_schema(relation))
