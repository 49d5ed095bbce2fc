"""What brings one continuous aggregate to what is declared."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

from .aggregate_columns import AddAggregateColumnsOp, AddedColumn
from .aggregate_pause import ResumeContinuousAggregateOp, SuspendContinuousAggregateOp
from .aggregate_view_op import (
    AlterContinuousAggregateOp,
    CreateContinuousAggregateOp,
    DropContinuousAggregateOp,
)
from .operation import DowngradeOnly
from .plan import Disposition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .aggregate_view import AggregateView
    from .plan import Plan, Target

log = logging.getLogger(__name__)


def compare_aggregate(
    plan: Plan,
    target: Target,
    live: AggregateView | None,
    wanted: AggregateView | None,
    added: Sequence[AddedColumn],
) -> Target:
    """Plan what brings a continuous aggregate to what is declared.

    Args:
        plan: The comparison.
        target: The aggregate, and what the revision does to what it reads.
        live: What the database has.
        wanted: What it shall have; its definition is the live one if they agree.
        added: The columns that the wanted query has more, if that is all.

    Returns:
        The aggregate, and what the revision does to it.
    """
    disposition = _disposition(target, live, wanted, added)
    target = dataclasses.replace(target, disposition=disposition)
    name, schema, rank = target.name, target.schema, target.rank
    if live and disposition is Disposition.DROPPED:
        log.info("Detected removed continuous aggregate %r", str(target))
        plan.remove(rank, DropContinuousAggregateOp(name, live, schema=schema))
    if wanted and disposition is Disposition.CREATED:
        log.info("Detected added continuous aggregate %r", str(target))
        plan.create(rank, CreateContinuousAggregateOp(name, wanted, schema=schema))
    if live and wanted and disposition is not Disposition.DROPPED:
        _change(plan, target, live, wanted, added)
    return target


def _change(
    plan: Plan,
    target: Target,
    live: AggregateView,
    wanted: AggregateView,
    added: Sequence[AddedColumn],
) -> None:
    name, schema, rank = target.name, target.schema, target.rank
    if live != wanted:
        log.info("Detected changed continuous aggregate %r", str(target))
    suspend = SuspendContinuousAggregateOp(name, live, schema=schema)
    resume = ResumeContinuousAggregateOp(name, wanted, schema=schema)
    if target.disposition is Disposition.REPLACED:
        plan.remove(rank, suspend)
        plan.create(rank, resume)
        return
    if target.disposition is Disposition.REPLACED_BACKWARDS:
        plan.remove(rank, DowngradeOnly(suspend))
        add = AddAggregateColumnsOp(name, wanted, added, schema=schema)
        plan.create(rank, add if added else DowngradeOnly(resume))
    if live.materialized_only != wanted.materialized_only:
        change = AlterContinuousAggregateOp(name, wanted, live, schema=schema)
        plan.create(rank, change)


def _disposition(
    target: Target,
    live: AggregateView | None,
    wanted: AggregateView | None,
    added: Sequence[AddedColumn],
) -> Disposition:
    if live is None:
        return Disposition.CREATED if wanted else Disposition.KEPT
    if wanted is None:
        return Disposition.DROPPED
    if target.disposition is Disposition.CREATED:
        return Disposition.REPLACED
    if live.definition == wanted.definition:
        return target.disposition
    in_place = added and target.changes_in_place
    return Disposition.REPLACED_BACKWARDS if in_place else Disposition.REPLACED
