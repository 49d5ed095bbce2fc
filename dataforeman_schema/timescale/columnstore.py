"""The columnstore: older chunks are kept by column, compressed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from .columnstore_op import (
    AlterColumnstoreOp,
    DisableColumnstoreOp,
    EnableColumnstoreOp,
)
from .columnstore_pause import SuspendColumnstoreOp
from .columnstore_policy import ColumnstorePolicy, compare_columnstore_policy
from .columnstore_state import (
    Settings,
    differing,
    read_columnstore,
    wanted_columnstore,
    without_columns,
)
from .declaration import UNMANAGED, Absent, ServerDefault, TableDeclaration, Unmanaged
from .features import register_feature
from .interval import from_catalog
from .operation import Nothing
from .plan import Change
from .policy import live_copies, sound_policy
from .rowstore import ConvertToRowstoreOp
from .validate_columnstore import check_columnstore
from .validate_columnstore_options import (
    merge_interval_problems,
    sparse_index_problems,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sqlalchemy import Table

    from .ddl import Statement
    from .interval import TunableInterval, TunableSpan
    from .order import OrderBy
    from .plan import Plan, Target
    from .sparse_index import SparseIndex

T = TypeVar("T")


@dataclass(frozen=True)
class Columnstore(TableDeclaration):
    """Declares that a hypertable or continuous aggregate has a columnstore.

    Attributes:
        segment_by: The columns by whose values compressed rows are kept apart; ``()``
            means none, `SERVER_DEFAULT` leaves them to the server. Left out, as all
            others, they are not managed.
        order_by: The order in a segment, as `OrderBy` or as ``"ts DESC NULLS LAST"``;
            TimescaleDB adds a missing time column. `SERVER_DEFAULT` is as above.
        after: The age at which the policy moves a chunk into the columnstore;
            ``Absent(ColumnstorePolicy)`` says that there must be none; `Tunable` says
            that there must be one, whose age operators may change.
        schedule_interval: How often the policy runs.
        sparse_indexes: What is kept of batches of rows to pass over them, such as
            ``(bloom("tag"), minmax("value"))`` or ``("bloom(tag)", "minmax(value)")``;
            ``()`` means none, `SERVER_DEFAULT` leaves them to the server. They need an
            `order_by`, are none of an aggregate, and TimescaleDB 2.22 or later.
        merge_interval: The span up to which chunks are merged when they move into the
            columnstore, a multiple of the chunk interval; a number for an integer
            column. `SERVER_DEFAULT` says that none are merged.

    Raises:
        DeclarationError: When the table is complete: it is no hypertable, a column is
            unknown, twice there or both segment and order, a sparse index is one that
            TimescaleDB does not take, or a span does not suit.
        CommandError: When it is created on a server whose release lacks it.
    """

    segment_by: Sequence[str] | ServerDefault | None = None
    order_by: Sequence[OrderBy | str] | ServerDefault | None = None
    after: TunableSpan | Absent | Unmanaged = UNMANAGED
    schedule_interval: TunableInterval | None = None
    sparse_indexes: Sequence[SparseIndex | str] | ServerDefault | None = None
    merge_interval: timedelta | int | ServerDefault | None = None

    rank = 3

    @property
    def policy(self) -> ColumnstorePolicy | Absent | None:
        """The declared policy; `Absent` if there must be none; None if unmanaged."""
        if isinstance(self.after, Unmanaged):
            return None
        if isinstance(self.after, Absent):
            return self.after
        return ColumnstorePolicy(self.after, self.schedule_interval)

    def settings(self, *, is_aggregate: bool) -> Settings:
        """The declared settings; None where the server chooses, and where unmanaged."""
        merge = self.merge_interval
        return Settings.given(
            _chosen(self.segment_by),
            _chosen(self.order_by),
            _chosen(self.sparse_indexes),
            None if isinstance(merge, ServerDefault) else merge,
            is_aggregate=is_aggregate,
        )

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        check_columnstore(table, self)

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what makes the columnstore, and its policy, of a new table."""
        return self.made_on(name, schema, is_aggregate=False)

    def made_on(
        self, name: str, schema: str | None, *, is_aggregate: bool
    ) -> list[Statement]:
        """Say what makes the columnstore, and its policy, of a relation."""
        made = self.settings(is_aggregate=is_aggregate).addition(name, schema)
        if isinstance(self.policy, ColumnstorePolicy):
            made += self.policy.addition(name, schema)
        return made


def _chosen(declared: T | ServerDefault | None) -> T | None:
    return None if isinstance(declared, ServerDefault) else declared


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


register_feature(
    Columnstore, compare_columnstore, read_declared_columnstore, of_aggregates=True
)
