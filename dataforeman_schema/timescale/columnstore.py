"""The columnstore: older chunks are kept by column, compressed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import Operations

from .columnstore_ddl import DisableColumnstore, SetColumnstore
from .columnstore_policy import ColumnstorePolicy, compare_columnstore_policy
from .declaration import UNMANAGED, Absent, TableFeature, Unmanaged
from .operation import (
    AlterOp,
    Feature,
    FeatureOp,
    add,
    execute,
    pair,
    remove,
    render_alter,
    render_op,
)
from .order import OrderBy, parse_order, typed_order, with_time
from .plan import Change
from .validate_columnstore import check_columnstore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from .ddl import Statement
    from .interval import Interval, Span
    from .plan import Plan, Target


@dataclass(frozen=True)
class Columnstore(TableFeature):
    """Declares that a hypertable or continuous aggregate has a columnstore.

    Attributes:
        segment_by: The columns by whose values compressed rows are kept apart. None
            leaves them to the server and is never compared; ``()`` means none.
        order_by: The order of rows in a segment, as `OrderBy` or as text such as
            ``"ts DESC NULLS LAST"``. TimescaleDB adds the time column where it is
            missing. None leaves it to the server and is never compared.
        after: The age at which the policy moves a chunk into the columnstore. Left out,
            the policy is not managed; None says that there must be none.
        schedule_interval: How often the policy runs. None leaves it to the server and
            is never compared.

    Raises:
        DeclarationError: At the end of the table's definition, where the table is no
            hypertable, a column is unknown, named twice or both segments and orders,
            or a span is not positive or does not suit the time column.
    """

    segment_by: Sequence[str] | None = None
    order_by: Sequence[OrderBy | str] | None = None
    after: Span | Unmanaged | None = UNMANAGED
    schedule_interval: Interval | None = None

    rank = 3

    @property
    def policy(self) -> ColumnstorePolicy | Absent | None:
        """The declared policy; `Absent` if there must be none; None if unmanaged."""
        if isinstance(self.after, Unmanaged):
            return None
        if self.after is None:
            return Absent(type(self))
        return ColumnstorePolicy(self.after, self.schedule_interval)

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table.

        Args:
            table: The complete table.

        Raises:
            DeclarationError: It could not; the message says why.
        """
        check_columnstore(table, self)

    def creation(self, table: Table) -> list[Statement]:
        """Say what makes the columnstore, and its policy, of a new table.

        Args:
            table: The table.

        Returns:
            The statements, in order.
        """
        return self.made_on(table.name, table.schema, is_aggregate=False)

    def made_on(
        self, name: str, schema: str | None, *, is_aggregate: bool
    ) -> list[Statement]:
        """Say what makes the columnstore, and its policy, of a relation.

        Args:
            name: The hypertable or continuous aggregate.
            schema: Its schema, or None for the first of the search path.
            is_aggregate: Whether it is a continuous aggregate.

        Returns:
            The statements, in order.
        """
        made = _settings(self, is_aggregate=is_aggregate).addition(name, schema)
        if isinstance(self.policy, ColumnstorePolicy):
            made += self.policy.addition(name, schema)
        return made


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


def _settings(
    declared: Columnstore, *, is_aggregate: bool, live: Settings | None = None
) -> Settings:
    unmanaged = live or Settings()
    segments, order = declared.segment_by, typed_order(declared.order_by)
    return Settings(
        unmanaged.segment_by if segments is None else tuple(segments),
        unmanaged.order_by if order is None else order,
        is_aggregate,
    )


@Operations.register_operation("enable_columnstore")
class EnableColumnstoreOp(FeatureOp[Settings]):
    """Switch the columnstore on."""

    verb = "enable"

    @classmethod
    def enable_columnstore(
        cls,
        operations: Operations,
        relation: str,
        *,
        segment_by: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        is_aggregate: bool = False,
        schema: str | None = None,
    ) -> None:
        """Switch the columnstore of a hypertable or continuous aggregate on.

        No chunk moves into it until a policy or somebody moves it. The reverse,
        ``op.disable_columnstore``, brings every chunk back.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            segment_by: The columns by whose values compressed rows are kept apart;
                None leaves them to the server, ``[]`` means none.
            order_by: The order in a segment, such as ``["ts DESC"]``; None leaves it
                to the server.
            is_aggregate: Whether it is a continuous aggregate.
            schema: The relation's schema, or None for the first of the search path.
        """
        declared = Columnstore(segment_by, order_by)
        state = _settings(declared, is_aggregate=is_aggregate)
        operations.invoke(cls(relation, state, schema=schema))


@Operations.register_operation("disable_columnstore")
class DisableColumnstoreOp(FeatureOp[Settings]):
    """Switch the columnstore off."""

    verb = "disable"
    warning = "Decompresses every chunk, which takes time and space."

    @classmethod
    def disable_columnstore(
        cls,
        operations: Operations,
        relation: str,
        *,
        segment_by: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        is_aggregate: bool = False,
        schema: str | None = None,
    ) -> None:
        """Bring every chunk back into the rowstore and switch the columnstore off.

        That takes the time and space of decompressing everything. The reverse switches
        it on again, but moves no chunk: that is left to the policy.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            segment_by: The columns that kept rows apart, for the reverse.
            order_by: The order within a segment, for the reverse.
            is_aggregate: Whether it is a continuous aggregate.
            schema: The relation's schema, or None for the first of the search path.
        """
        declared = Columnstore(segment_by, order_by)
        state = _settings(declared, is_aggregate=is_aggregate)
        operations.invoke(cls(relation, state, schema=schema))


@Operations.register_operation("alter_columnstore")
class AlterColumnstoreOp(AlterOp[Settings]):
    """Give the columnstore other settings."""

    @classmethod
    def alter_columnstore(
        cls,
        operations: Operations,
        relation: str,
        *,
        segment_by: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        existing_segment_by: Sequence[str] | None = None,
        existing_order_by: Sequence[str] | None = None,
        is_aggregate: bool = False,
        schema: str | None = None,
    ) -> None:
        """Give the columnstore of a hypertable or continuous aggregate other settings.

        Chunks that are in the columnstore already keep theirs until they are converted
        again; no row is touched, in either direction.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            segment_by: The columns by whose values compressed rows are kept apart;
                None gives them back to the server, ``[]`` means none.
            order_by: The order in a segment, such as ``["ts DESC"]``; None gives it
                back to the server.
            existing_segment_by: What they were.
            existing_order_by: What it was.
            is_aggregate: Whether it is a continuous aggregate.
            schema: The relation's schema, or None for the first of the search path.
        """
        new, old = (
            Columnstore(segment_by, order_by),
            Columnstore(existing_segment_by, existing_order_by),
        )
        state = _settings(new, is_aggregate=is_aggregate)
        existing = _settings(old, is_aggregate=is_aggregate)
        operations.invoke(cls(relation, state, existing, schema=schema))


@Operations.implementation_for(AlterColumnstoreOp)
def _alter(operations: Operations, op: AlterColumnstoreOp) -> None:
    execute(
        operations, [SetColumnstore(op.relation, op.schema, op.feature, op.existing)]
    )


pair(EnableColumnstoreOp, DisableColumnstoreOp)
Operations.implementation_for(EnableColumnstoreOp)(add)
Operations.implementation_for(DisableColumnstoreOp)(remove)

renderers.dispatch_for(EnableColumnstoreOp)(render_op)
renderers.dispatch_for(DisableColumnstoreOp)(render_op)
renderers.dispatch_for(AlterColumnstoreOp)(render_alter)


def compare_columnstore(
    plan: Plan, target: Target, declared: Columnstore | Absent | None
) -> None:
    """Plan what brings a columnstore and its policy to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable or continuous aggregate.
        declared: The declaration; None where it is unmanaged.
    """
    live = _read(plan, target)
    name, schema = target.name, target.schema
    change = Change(
        rank=target.rank + 1,
        label="columnstore",
        live=live,
        wanted=_wanted(plan, target, declared, live),
        add=lambda new: EnableColumnstoreOp(name, new, schema=schema),
        drop=lambda old: DisableColumnstoreOp(name, old, schema=schema),
        alter=lambda old, new: AlterColumnstoreOp(name, new, old, schema=schema),
    )
    if live and _is_in_the_way(plan, target, live):
        change = dataclasses.replace(change, alter=None, forced=True)
    plan.settle(target, change)
    policy = declared.policy if isinstance(declared, Columnstore) else declared
    compare_columnstore_policy(plan, target, policy)


def _read(plan: Plan, target: Target) -> Settings | None:
    found = plan.catalog.columnstores.get(target.relation)
    if found is None:
        return None
    segments, order = found
    columns = None if segments is None else tuple(filter(None, segments.split(",")))
    terms = None if order is None else parse_order(order)
    return Settings(columns, terms, target.is_aggregate)


def _wanted(
    plan: Plan,
    target: Target,
    declared: Columnstore | Absent | None,
    live: Settings | None,
) -> Settings | None:
    live = live and _without(live, plan.columns(target.relation).dropped)
    if declared is None or isinstance(declared, Absent):
        return live if declared is None else None
    wanted = _settings(declared, is_aggregate=target.is_aggregate, live=live)
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


def _is_in_the_way(plan: Plan, target: Target, live: Settings) -> bool:
    changed = plan.columns(target.relation)
    used = {*(live.segment_by or ()), *(term.column for term in live.order_by or ())}
    return bool(changed.retyped or used & changed.dropped)
