"""The settings of a columnstore: as they are, and as they shall be."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .columnstore_ddl import DisableColumnstore, set_columnstore
from .declaration import SERVER_DEFAULT, Absent
from .interval import from_catalog
from .operation import FeatureState
from .order import OrderBy, parse_order, typed_order, with_time
from .sparse_index import SparseIndex, typed_indexes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from .columnstore import Columnstore
    from .ddl import Statement
    from .plan import Plan, Target


@dataclass(frozen=True)
class Settings(FeatureState):
    """The settings of a columnstore, without its policy."""

    segment_by: tuple[str, ...] | None = None
    order_by: tuple[OrderBy, ...] | None = None
    is_aggregate: bool = False
    sparse_indexes: tuple[SparseIndex, ...] | None = None
    merge_interval: timedelta | int | None = None

    noun = "columnstore"
    fixed = frozenset({"is_aggregate"})

    @classmethod
    def given(
        cls,
        segment_by: Sequence[str] | None,
        order_by: Sequence[OrderBy | str] | None,
        sparse_indexes: Sequence[SparseIndex | str] | None = None,
        merge_interval: timedelta | int | None = None,
        *,
        is_aggregate: bool,
    ) -> Settings:
        """Take settings as declarations and migrations write them.

        Args:
            segment_by: The columns that keep rows apart, or None.
            order_by: The order within a segment, or None.
            sparse_indexes: The sparse indexes that are chosen, or None.
            merge_interval: The span up to which chunks are merged, or None.
            is_aggregate: Whether they are of a continuous aggregate.

        Returns:
            The settings.
        """
        segments = None if segment_by is None else tuple(segment_by)
        order, indexes = typed_order(order_by), typed_indexes(sparse_indexes)
        return cls(segments, order, is_aggregate, indexes, merge_interval)

    def columns(self, candidates: set[str]) -> set[str]:
        """Say which columns chunks may go by: any where that is left to the server."""
        if self.segment_by is None or self.order_by is None:
            return candidates
        return {*self.segment_by, *(term.column for term in self.order_by)}

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for these settings."""
        segments, order = self.segment_by, self.order_by
        indexes = self.sparse_indexes
        return {
            "segment_by": None if segments is None else list(segments),
            "order_by": None if order is None else [str(term) for term in order],
            "sparse_indexes": None if indexes is None else [str(it) for it in indexes],
            "merge_interval": self.merge_interval,
            "is_aggregate": self.is_aggregate or None,
        }

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what switches the columnstore on, or changes its settings."""
        return set_columnstore(name, schema, self)

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what switches the columnstore off."""
        return [DisableColumnstore(name, schema, self)]


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
