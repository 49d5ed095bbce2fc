"""The settings of a columnstore: as they are, and as they shall be."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .columnstore_ddl import DisableColumnstore, SetColumnstore
from .declaration import Absent
from .operation import Feature
from .order import OrderBy, parse_order, typed_order, with_time

if TYPE_CHECKING:
    from .columnstore import Columnstore
    from .ddl import Statement
    from .plan import Plan, Target


@dataclass(frozen=True)
class Settings(Feature):
    """The settings of a columnstore, without its policy."""

    segment_by: tuple[str, ...] | None = None
    order_by: tuple[OrderBy, ...] | None = None
    is_aggregate: bool = False

    noun = "columnstore"
    fixed = frozenset({"is_aggregate"})

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for these settings."""
        segments, order = self.segment_by, self.order_by
        return {
            "segment_by": None if segments is None else list(segments),
            "order_by": None if order is None else [str(term) for term in order],
            "is_aggregate": self.is_aggregate or None,
        }

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what switches the columnstore on, or changes its settings."""
        return [SetColumnstore(name, schema, self)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what switches the columnstore off."""
        return [DisableColumnstore(name, schema, self)]


def settings_of(
    declared: Columnstore, *, is_aggregate: bool, live: Settings | None = None
) -> Settings:
    """Take the settings that a declaration states.

    Args:
        declared: The declaration.
        is_aggregate: Whether it is of a continuous aggregate.
        live: What the database has, for what the declaration leaves open.

    Returns:
        The settings.
    """
    unmanaged = live or Settings()
    segments, order = declared.segment_by, typed_order(declared.order_by)
    return Settings(
        unmanaged.segment_by if segments is None else tuple(segments),
        unmanaged.order_by if order is None else order,
        is_aggregate,
    )


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
    segments, order = found
    columns = None if segments is None else tuple(filter(None, segments.split(",")))
    terms = None if order is None else parse_order(order)
    return Settings(columns, terms, target.is_aggregate)


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
    live = live and _without(live, plan.columns(target.relation).dropped)
    if declared is None or isinstance(declared, Absent):
        return live if declared is None else None
    wanted = settings_of(declared, is_aggregate=target.is_aggregate, live=live)
    dimensions = plan.catalog.dimensions.get(target.relation)
    if live is None or wanted.order_by is None or not dimensions:
        return wanted
    order = with_time(wanted.order_by, dimensions[0].column)
    return dataclasses.replace(wanted, order_by=order)


def _without(settings: Settings, dropped: set[str]) -> Settings:
    segments, order = settings.segment_by, settings.order_by
    return dataclasses.replace(
        settings,
        segment_by=segments and tuple(it for it in segments if it not in dropped),
        order_by=order and tuple(it for it in order if it.column not in dropped),
    )


def is_in_the_way(plan: Plan, target: Target, live: Settings) -> bool:
    """Say whether the columnstore forbids what happens to the columns of a table.

    Args:
        plan: The comparison.
        target: The hypertable or continuous aggregate.
        live: What the database has.

    Returns:
        Whether it must go before the table operations and come back after them.
    """
    changed = plan.columns(target.relation)
    used = {*(live.segment_by or ()), *(term.column for term in live.order_by or ())}
    return bool(changed.retyped or used & changed.dropped)
