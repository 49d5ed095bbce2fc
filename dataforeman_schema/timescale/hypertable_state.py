"""What a hypertable is, what it shall be, and what that takes."""

from __future__ import annotations

import dataclasses
from string import digits
from typing import TYPE_CHECKING

from .declaration import Absent
from .default_index import default_index_name, default_indexes
from .hypertable import Hypertable
from .interval import from_catalog, nominal
from .partitioning import HashDimension
from .plan import Disposition

if TYPE_CHECKING:
    from .catalog import Relation
    from .plan import Plan, Target


def hypertable_disposition(
    plan: Plan, target: Target, live: Hypertable | None, wanted: Hypertable | None
) -> Disposition:
    """Say what a revision does to a hypertable.

    Args:
        plan: The comparison.
        target: The table, and what the table operations do to it.
        live: What the database has.
        wanted: What it shall have.

    Returns:
        The disposition: a hypertable must be made anew when another column partitions
        it, or a partitioning column changes its type.
    """
    if live is None:
        return Disposition.KEPT if wanted is None else Disposition.CREATED
    if wanted is None:
        return Disposition.DROPPED
    old, new = live.dimensions, wanted.dimensions
    if old != new[: len(old)] or plan.columns(target.relation).retyped & set(old):
        return Disposition.REPLACED
    return Disposition.KEPT if old == new else Disposition.REPLACED_BACKWARDS


def implied_indexes(
    plan: Plan,
    target: Target,
    wanted: Hypertable | None,
    declared_indexes: set[str],
) -> set[str]:
    """Name the indexes that come and go with a hypertable.

    Args:
        plan: The comparison.
        target: The hypertable, and what the revision does to it.
        wanted: What it shall be.
        declared_indexes: The indexes that the model declares.

    Returns:
        Those that TimescaleDB made, where they are wanted or the hypertable takes them
        along when it goes.
    """
    if not plan.catalog.dimensions.get(target.relation):
        return set()
    found = default_indexes(plan.catalog, target.relation, declared_indexes)
    if wanted and wanted.default_indexes:
        return found
    if target.changes_in_place:
        return set()
    time_column = plan.catalog.dimensions[target.relation][0].column
    name = default_index_name(target.name, time_column)
    return {index for index in found if index.rstrip(digits) == name}


def read_hypertable(
    plan: Plan, relation: Relation, declared_indexes: set[str]
) -> Hypertable | None:
    """Read a hypertable from the catalog.

    Args:
        plan: The comparison.
        relation: The table.
        declared_indexes: The indexes that the model declares, which are not the ones
            that TimescaleDB made, whatever their names.

    Returns:
        The hypertable, or None if the table is none.
    """
    dimensions = plan.catalog.dimensions.get(relation)
    if not dimensions:
        return None
    first, *others = dimensions
    hashed = [HashDimension(it.column, it.partitions) for it in others if it.partitions]
    span = from_catalog(first.span)
    found = Hypertable(first.column, span, tuple(hashed))
    made = default_indexes(plan.catalog, relation, declared_indexes)
    return dataclasses.replace(found, default_indexes=bool(made))


def wanted_hypertable(
    declared: Hypertable | Absent | None, live: Hypertable | None
) -> Hypertable | None:
    """Say what a table shall be, where the declaration leaves nothing open.

    Args:
        declared: The declaration; None where it is unmanaged.
        live: What the database has.

    Returns:
        The declared hypertable, with what it leaves out as it is; None where there
        must be none; what there is where it is unmanaged.
    """
    if declared is None or isinstance(declared, Absent):
        return live if declared is None else None
    span, hashed = declared.chunk_interval, declared.hash_dimensions
    if live is not None:
        # TimescaleDB keeps a chunk interval in microseconds: months are 30 days there.
        span = live.chunk_interval if span is None else nominal(span)
        hashed = live.hash_dimensions if hashed is None else hashed
    return dataclasses.replace(
        declared, chunk_interval=span, hash_dimensions=tuple(hashed or ())
    )
