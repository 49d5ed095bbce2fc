"""The span of the chunks that keep what a continuous aggregate has materialized."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from .chunk_interval import ChunkInterval, SetChunkIntervalOp
from .declaration import registry
from .features import register_feature
from .hypertable import Hypertable
from .interval import Span, from_catalog, nominal
from .operation import DowngradeOnly, UpgradeOnly
from .plan import Disposition
from .validate import check_positive, check_span

if TYPE_CHECKING:
    from .aggregate import ContinuousAggregate
    from .ddl import Statement
    from .plan import Plan, Target

log = logging.getLogger(__name__)

_FACTOR: Final = 10


def check_chunk_interval(declared: ContinuousAggregate) -> None:
    """Refuse a chunk interval that does not suit what the aggregate reads.

    Args:
        declared: The declaration.

    Raises:
        DeclarationError: It is not positive, or of another kind than the time column.
    """
    span = declared.chunk_interval
    if span is None:
        return
    check_positive(declared.name, "chunk_interval", span)
    tables = map(declared.metadata.tables.get, _roots(declared))
    for table in (it for it in tables if it is not None):
        base = registry(declared.metadata).present(table, Hypertable)
        named = {column.name for column in table.columns}
        if base is not None and base.time_column in named:
            label = f"chunk_interval of {declared.name}"
            check_span(table, base.time_column, label, span)


def _roots(declared: ContinuousAggregate) -> list[str]:
    return [f"{schema}.{name}" if schema else name for schema, name in declared.roots()]


def chunk_interval_addition(
    span: Span | None, name: str, schema: str | None
) -> list[Statement]:
    """Say what sets the span of the chunks of an aggregate that was just made.

    The view's own option is read as an interval even where the column is an integer.
    """
    return ChunkInterval(span).addition(name, schema)


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


register_feature(
    ChunkInterval,
    compare_chunk_interval,
    read_chunk_interval,
    of_tables=False,
    of_aggregates=True,
)
