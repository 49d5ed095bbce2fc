"""How a columnstore is compared and read."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .columnstore import Columnstore
from .columnstore_op import (
    AlterColumnstoreOp,
    DisableColumnstoreOp,
    EnableColumnstoreOp,
)
from .columnstore_pause import SuspendColumnstoreOp
from .columnstore_policy import ColumnstorePolicy
from .columnstore_policy_op import compare_columnstore_policy
from .columnstore_state import Settings
from .declaration import SERVER_DEFAULT, UNMANAGED, Absent
from .feature import Feature
from .interval import from_catalog
from .operation import Nothing
from .order import parse_order, with_time
from .plan import Change
from .policy_op import live_copies, sound_policy
from .rowstore import ConvertToRowstoreOp
from .validate_columnstore_options import merge_interval_problems, sparse_index_problems

if TYPE_CHECKING:
    from .plan import Plan, Target


def compare_columnstore(
    plan: Plan, target: Target, declared: Columnstore | Absent | None
) -> None:
    """Plan what brings a columnstore and its policy to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable or continuous aggregate.
        declared: The declaration; None where it is unmanaged.
    """
    live = read_columnstore(plan, target)
    wanted = wanted_columnstore(plan, target, declared, live)
    meanwhile = None
    if live and wanted and target.changes_in_place:
        meanwhile = _make_way(plan, target, live, wanted)
    name, schema = target.name, target.schema
    change = Change(
        rank=target.rank + 1,
        label="columnstore",
        live=live,
        wanted=wanted,
        add=lambda new: EnableColumnstoreOp(name, new, schema=schema),
        drop=lambda old: DisableColumnstoreOp(name, old, schema=schema),
        alter=lambda old, new: _alteration(target, old, new),
        meanwhile=meanwhile,
    )
    plan.plan_change(target, change)
    policy = declared.policy if isinstance(declared, Columnstore) else declared
    compare_columnstore_policy(plan, target, policy)


def _alteration(target: Target, old: Settings, new: Settings) -> AlterColumnstoreOp:
    given, existing = differing(new, old), differing(old, new)
    return AlterColumnstoreOp(target.name, given, existing, schema=target.schema)


def _make_way(plan: Plan, target: Target, live: Settings, wanted: Settings) -> Settings:
    """Plan what lets the table operations change columns under a columnstore.

    The settings that are left when these are through are returned.
    """
    changed, rank = plan.columns(target.relation), target.rank + 1
    name, schema = target.name, target.schema
    left = without_columns(live, changed.dropped)
    if left != live:
        plan.remove(rank, target.in_place(_alteration(target, live, left)))
    if columns := sorted(changed.dropped):
        convert = ConvertToRowstoreOp(name, columns, schema=schema)
        plan.remove(rank, target.in_place(convert))
    if only := changed.needing_rowstore:
        suspend = SuspendColumnstoreOp(name, schema=schema)
        plan.remove(rank, target.in_place(only(suspend)))
        plan.create(rank, target.in_place(only(suspend.reverse())))
    if columns := sorted(changed.added & wanted.columns(changed.added)):
        convert = ConvertToRowstoreOp(name, columns, schema=schema)
        plan.create(rank, target.in_place(Nothing(convert)))
    return left


def read_declared_columnstore(plan: Plan, target: Target) -> Columnstore | None:
    """Read a columnstore with its policy, as models declare it."""
    settings = read_columnstore(plan, target)
    if settings is None:
        return None
    found = _declarable(plan, target, settings)
    policy = sound_policy(plan, target, ColumnstorePolicy)
    if policy is None or policy.after is None:
        moves = live_copies(plan.catalog, target.relation, ColumnstorePolicy)
        return replace(found, after=UNMANAGED if moves else Absent(ColumnstorePolicy))
    schedule = policy.schedule_interval
    return replace(found, after=policy.after, schedule_interval=schedule)


def _declarable(plan: Plan, target: Target, settings: Settings) -> Columnstore:
    """Declare settings, without those that a declaration could not have."""
    time, *_ = plan.catalog.dimensions[target.relation]
    found = Columnstore(
        settings.segment_by,
        settings.order_by,
        sparse_indexes=settings.sparse_indexes,
        merge_interval=settings.merge_interval,
    )
    if any(sparse_index_problems(found, time.column)):
        found = replace(found, sparse_indexes=None)
    if any(merge_interval_problems(settings.merge_interval, from_catalog(time.span))):
        found = replace(found, merge_interval=None)
    return found


def read_columnstore(plan: Plan, target: Target) -> Settings | None:
    """Read the settings of a columnstore from the catalog.

    Args:
        plan: The comparison.
        target: The hypertable or continuous aggregate.

    Returns:
        The settings, or None where there is no columnstore.
    """
    found = plan.catalog.columnstores.get(target.relation)
    if found is None:
        return None
    segments, order, _tells_defaults = found
    columns = None if segments is None else tuple(filter(None, segments.split(",")))
    terms = None if order is None else parse_order(order)
    storage = plan.catalog.storage[target.relation]
    # Those of an aggregate were set behind its back: its own statements take none.
    indexes = None if target.is_aggregate else storage.sparse_indexes
    merge = from_catalog(storage.merge_interval)
    return Settings(columns, terms, target.is_aggregate, indexes, merge)


def wanted_columnstore(
    plan: Plan,
    target: Target,
    declared: Columnstore | Absent | None,
    live: Settings | None,
) -> Settings | None:
    """Say what the settings shall be, where the declaration leaves nothing open.

    Args:
        plan: The comparison.
        target: The hypertable or continuous aggregate.
        declared: The declaration; None where the columnstore is unmanaged.
        live: What the database has.

    Returns:
        The settings, or None where there must be no columnstore.
    """
    live = live and without_columns(live, plan.columns(target.relation).dropped)
    if declared is None or isinstance(declared, Absent):
        return live if declared is None else None
    wanted = declared.settings(is_aggregate=target.is_aggregate)
    return wanted if live is None else _completed(plan, target, declared, wanted, live)


def _completed(
    plan: Plan, target: Target, declared: Columnstore, wanted: Settings, live: Settings
) -> Settings:
    segments, order = wanted.segment_by, wanted.order_by
    dimensions = plan.catalog.dimensions.get(target.relation)
    tells = plan.catalog.columnstores[target.relation].tells_defaults

    def open_(setting: object) -> bool:
        return setting is None or (setting is SERVER_DEFAULT and not tells)

    if order is not None and dimensions:
        order = with_time(order, dimensions[0].column)
    return dataclasses.replace(
        wanted,
        segment_by=live.segment_by if open_(declared.segment_by) else segments,
        order_by=live.order_by if open_(declared.order_by) else order,
        sparse_indexes=_managed(declared.sparse_indexes, wanted, live).sparse_indexes,
        merge_interval=_managed(declared.merge_interval, wanted, live).merge_interval,
    )


def _managed(declared: object, wanted: Settings, live: Settings) -> Settings:
    return live if declared is None else wanted


def without_columns(settings: Settings, dropped: set[str]) -> Settings:
    """Take columns out of settings; an order of which nothing is left is the server's.

    Args:
        settings: The settings.
        dropped: The columns.

    Returns:
        The settings without them; the same if they go by none of them.
    """
    segments, order = settings.segment_by, settings.order_by
    indexes = settings.sparse_indexes
    kept = order and tuple(term for term in order if term.column not in dropped)
    return dataclasses.replace(
        settings,
        segment_by=segments and tuple(it for it in segments if it not in dropped),
        order_by=kept or None,
        sparse_indexes=indexes
        and tuple(it for it in indexes if dropped.isdisjoint(it.columns)),
    )


def differing(settings: Settings, other: Settings) -> Settings:
    """Leave out the options that are the same in others, which then stay as they are.

    Segment and order stay: an aggregate's statement sets anew what it does not name.
    """
    indexes, merge = settings.sparse_indexes, settings.merge_interval
    return dataclasses.replace(
        settings,
        sparse_indexes=None if indexes == other.sparse_indexes else indexes,
        merge_interval=None if merge == other.merge_interval else merge,
    )


FEATURE: Final = Feature(
    Columnstore, compare_columnstore, read_declared_columnstore, of_aggregates=True
)
