"""How names in no order are compared, of chunk skipping and tablespaces."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from .name_set import NameSet
from .operation import DowngradeOnly, UpgradeOnly
from .plan import Disposition

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation

    from .operation import FeatureOp
    from .plan import Plan, Target

log = logging.getLogger(__name__)


N = TypeVar("N", bound=NameSet)


def plan_names(
    plan: Plan, target: Target, live: N, wanted: N, addition: type[FeatureOp[Any]]
) -> None:
    """Plan what takes away the names that go and gives those that come.

    Those that go are taken away before the table operations, which may drop what they
    name, and those that come are given afterwards; the others are left alone, for one
    that is given anew starts from nothing.

    Args:
        plan: The comparison.
        target: The hypertable.
        live: The names that it has.
        wanted: Those that it shall have.
        addition: The operation that gives some; its opposite takes some away.
    """
    label = live.noun.replace("_", " ")
    gone, new = live.without(wanted), wanted.without(live)
    if gone:
        log.info("Detected removed %s on %r", label, str(target))
        plan.remove(target.rank + 1, _made(addition.opposite, target, gone))
    if new:
        log.info("Detected added %s on %r", label, str(target))
        plan.create(target.rank + 1, _given(addition, target, new))
    kept = live.without(gone)
    if kept and target.disposition is Disposition.DROPPED:
        taken = _made(addition.opposite, target, kept)
        plan.remove(target.rank + 1, DowngradeOnly(taken))


def _made(kind: type[FeatureOp[Any]], target: Target, names: NameSet) -> FeatureOp[Any]:
    return kind(target.name, names, schema=target.schema)


def _given(
    addition: type[FeatureOp[Any]], target: Target, new: NameSet
) -> MigrateOperation:
    """Give names; where they go with the table or hypertable, in the upgrade only."""
    operation = _made(addition, target, new)
    created = target.disposition is Disposition.CREATED
    goes_along = created and (target.is_new_table or not new.stays)
    return UpgradeOnly(operation) if goes_along else operation
