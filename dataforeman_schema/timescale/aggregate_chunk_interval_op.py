"""How the span of the chunks of a continuous aggregate is compared."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from .chunk_interval import ChunkInterval
from .chunk_interval_op import SetChunkIntervalOp
from .feature import Feature
from .interval import Span, from_catalog, nominal
from .operation import DowngradeOnly, UpgradeOnly
from .plan import Disposition

if TYPE_CHECKING:
    from .plan import Plan, Target

log = logging.getLogger(__name__)

_FACTOR: Final = 10


def compare_chunk_interval(plan: Plan, target: Target, declared: Span | None) -> None:
    """Plan what brings the chunk interval of an aggregate to what is declared.

    One that is made anew has the span that it had; one that is dropped has it again in
    the downgrade, if the server would choose another.

    Args:
        plan: The comparison.
        target: The continuous aggregate.
        declared: The span; None where it is unmanaged.
    """
    live = read_chunk_interval(plan, target)
    # TimescaleDB keeps a span in microseconds: months are 30 days there.
    wanted = None if declared is None else nominal(declared)
    if target.disposition is Disposition.DROPPED:
        if live != _server_choice(plan, target):
            back = DowngradeOnly(_set(target, None, live))
            plan.remove(target.rank + 1, back)
    elif wanted is not None and target.disposition is Disposition.CREATED:
        plan.create(target.rank, UpgradeOnly(_set(target, wanted, None)))
    elif wanted is not None and wanted != live:
        log.info("Detected changed chunk interval on %r", str(target))
        plan.create(target.rank, _set(target, wanted, live))


def _set(target: Target, new: Span | None, old: Span | None) -> SetChunkIntervalOp:
    states = (ChunkInterval(new), ChunkInterval(old))
    return SetChunkIntervalOp(target.name, *states, schema=target.schema)


def read_chunk_interval(plan: Plan, target: Target) -> Span | None:
    """Read the chunk interval of an aggregate, as models declare it."""
    dimensions = plan.catalog.dimensions.get(target.relation)
    return from_catalog(dimensions[0].span) if dimensions else None


def _server_choice(plan: Plan, target: Target) -> Span | None:
    """Say which span the server gives an aggregate of what this one reads."""
    live = plan.catalog.aggregates.get(target.relation)
    dimensions = None if live is None else plan.catalog.dimensions.get(live.base)
    if live is None or not dimensions:
        return None
    span = nominal(from_catalog(dimensions[0].span))
    return span if live.base in plan.catalog.aggregates else span * _FACTOR


FEATURE: Final = Feature(
    ChunkInterval,
    compare_chunk_interval,
    read_chunk_interval,
    of_tables=False,
    of_aggregates=True,
)
