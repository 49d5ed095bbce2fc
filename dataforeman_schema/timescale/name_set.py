"""What chunk skipping and tablespaces share: names, in no order, of a hypertable."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .declaration import DeclarationError, TableDeclaration
from .hypertable import hypertable_of
from .operation import DowngradeOnly, FeatureState, UpgradeOnly
from .plan import Disposition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from alembic.operations import MigrateOperation
    from sqlalchemy import Table

    from .ddl import Statement
    from .operation import FeatureOp
    from .plan import Plan, Target

log = logging.getLogger(__name__)


class NameSet(TableDeclaration, FeatureState):
    """Names that a hypertable has, in no order.

    Attributes:
        argument: What operations call the names.
        stays: Whether a table that is no hypertable any more keeps something of it.

    Args:
        names: The names.
    """

    argument: ClassVar[str]
    stays: ClassVar[bool] = False
    rank = 2

    def __init__(self, *names: str) -> None:
        self.names = names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and set(self.names) == set(other.names)

    def __hash__(self) -> int:
        return hash(frozenset(self.names))

    def __bool__(self) -> bool:
        return bool(self.names)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.names))})"

    def without(self, other: Self) -> Self:
        """Leave out the names that another one has."""
        return type(self)(*(name for name in self.names if name not in other.names))

    def check(self, table: Table) -> None:
        """Refuse no name at all, and names on a plain table."""
        kind = type(self).__name__
        if not self.names:
            raise DeclarationError(
                f"{table.name}: {kind}() names nothing; Absent({kind}) says that there "
                "must be none"
            )
        hypertable_of(table, kind)

    def creation(self, name: str, schema: str | None) -> Sequence[Statement]:
        """Say what gives them to a table that was just created."""
        return self.addition(name, schema)

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for these names."""
        return {self.argument: list(self.names)}


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
