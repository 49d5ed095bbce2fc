"""The operations of refresh policies, and how they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import Operations

from .feature import Feature
from .operation import AlterOp, FeatureOp, require
from .policy_op import (
    live_policies,
    paired,
    plan_policy,
    register_policy,
    wanted_copies,
)
from .refresh_policy import RefreshPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .declaration import Absent
    from .interval import Interval, Span
    from .plan import Plan, Target


@Operations.register_operation("add_refresh_policy")
class AddRefreshPolicyOp(FeatureOp[RefreshPolicy]):
    """Have a continuous aggregate brought up to date by and by."""

    verb = "add"

    @classmethod
    def add_refresh_policy(
        cls,
        operations: Operations,
        aggregate: str,
        *,
        schedule_interval: Interval,
        start_offset: Span | None = None,
        end_offset: Span | None = None,
        buckets_per_batch: int | None = None,
        max_batches_per_execution: int | None = None,
        refresh_newest_first: bool | None = None,
        include_tiered_data: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """Have a continuous aggregate brought up to date by and by.

        The reverse ends that; what is materialized stays.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            aggregate: The continuous aggregate.
            schedule_interval: How often the policy runs.
            start_offset: How far back the window begins; None is the beginning of all.
            end_offset: How far back the window ends; None is the end of all.
            buckets_per_batch: How many buckets a transaction refreshes; 0 is all. What
                is None here and below is left to the server.
            max_batches_per_execution: How many batches each run refreshes; 0 is all.
            refresh_newest_first: Whether the newest batch comes first.
            include_tiered_data: Whether rows in tiered storage are read.
            schema: The aggregate's schema, or None for the first of the search path.
        """
        policy = RefreshPolicy(
            start_offset,
            end_offset,
            schedule_interval,
            buckets_per_batch=buckets_per_batch,
            max_batches_per_execution=max_batches_per_execution,
            refresh_newest_first=refresh_newest_first,
            include_tiered_data=include_tiered_data,
        )
        operations.invoke(cls(aggregate, policy, schema=schema))


@Operations.register_operation("remove_refresh_policy")
class RemoveRefreshPolicyOp(FeatureOp[RefreshPolicy]):
    """Leave a continuous aggregate as it is."""

    verb = "remove"

    @classmethod
    def remove_refresh_policy(
        cls,
        operations: Operations,
        aggregate: str,
        *,
        schedule_interval: Interval,
        start_offset: Span | None = None,
        end_offset: Span | None = None,
        buckets_per_batch: int | None = None,
        max_batches_per_execution: int | None = None,
        refresh_newest_first: bool | None = None,
        include_tiered_data: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """No longer bring a continuous aggregate up to date.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            aggregate: The continuous aggregate.
            schedule_interval: How often the policy ran, for the reverse.
            start_offset: How far back the window began, for the reverse.
            end_offset: How far back the window ended, for the reverse.
            buckets_per_batch: How many buckets a transaction refreshed, likewise.
            max_batches_per_execution: How many batches each run refreshed, likewise.
            refresh_newest_first: Whether the newest batch came first, likewise.
            include_tiered_data: Whether rows in tiered storage were read, likewise.
            schema: The aggregate's schema, or None for the first of the search path.
        """
        policy = RefreshPolicy(
            start_offset,
            end_offset,
            schedule_interval,
            buckets_per_batch=buckets_per_batch,
            max_batches_per_execution=max_batches_per_execution,
            refresh_newest_first=refresh_newest_first,
            include_tiered_data=include_tiered_data,
        )
        operations.invoke(cls(aggregate, policy, schema=schema))


@Operations.register_operation("alter_refresh_policy")
class AlterRefreshPolicyOp(AlterOp[RefreshPolicy]):
    """Change how a continuous aggregate is brought up to date."""

    @classmethod
    def alter_refresh_policy(
        cls,
        operations: Operations,
        aggregate: str,
        *,
        schedule_interval: Interval,
        existing_schedule_interval: Interval,
        start_offset: Span | None = None,
        end_offset: Span | None = None,
        existing_start_offset: Span | None = None,
        existing_end_offset: Span | None = None,
        buckets_per_batch: int | None = None,
        max_batches_per_execution: int | None = None,
        refresh_newest_first: bool | None = None,
        include_tiered_data: bool | None = None,
        existing_buckets_per_batch: int | None = None,
        existing_max_batches_per_execution: int | None = None,
        existing_refresh_newest_first: bool | None = None,
        existing_include_tiered_data: bool | None = None,
        existing_copies: int = 1,
        schema: str | None = None,
    ) -> None:
        """Change how a continuous aggregate is brought up to date.

        Of the four options, one that is not named, nor what it was, stays as it is set;
        one of which only is named what it was is left to the server again.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            aggregate: The continuous aggregate.
            schedule_interval: How often the policy runs.
            existing_schedule_interval: What it was, for the reverse.
            start_offset: How far back the window begins; None is the beginning of all.
            end_offset: How far back the window ends; None is the end of all.
            existing_start_offset: What it was, for the reverse.
            existing_end_offset: What it was, for the reverse.
            buckets_per_batch: How many buckets a transaction refreshes; 0 is all.
            max_batches_per_execution: How many batches each run refreshes; 0 is all.
            refresh_newest_first: Whether the newest batch comes first.
            include_tiered_data: Whether rows in tiered storage are read.
            existing_buckets_per_batch: What it was; None if it was left to the server.
            existing_max_batches_per_execution: What it was, likewise.
            existing_refresh_newest_first: What it was, likewise.
            existing_include_tiered_data: What it was, likewise.
            existing_copies: How many such policies there are now.
            schema: The aggregate's schema, or None for the first of the search path.
        """
        operation = cls(
            aggregate,
            RefreshPolicy(
                start_offset,
                end_offset,
                schedule_interval,
                buckets_per_batch=buckets_per_batch,
                max_batches_per_execution=max_batches_per_execution,
                refresh_newest_first=refresh_newest_first,
                include_tiered_data=include_tiered_data,
            ),
            RefreshPolicy(
                existing_start_offset,
                existing_end_offset,
                existing_schedule_interval,
                buckets_per_batch=existing_buckets_per_batch,
                max_batches_per_execution=existing_max_batches_per_execution,
                refresh_newest_first=existing_refresh_newest_first,
                include_tiered_data=existing_include_tiered_data,
            ),
            existing_copies=existing_copies,
            schema=schema,
        )
        operations.invoke(operation)


def _require(
    operations: Operations, op: AddRefreshPolicyOp | AlterRefreshPolicyOp
) -> None:
    for feature in op.feature.needs:
        require(operations, feature)


register_policy(
    AddRefreshPolicyOp, RemoveRefreshPolicyOp, AlterRefreshPolicyOp, before=_require
)


def compare_refresh(
    plan: Plan,
    target: Target,
    declared: RefreshPolicy | Sequence[RefreshPolicy] | Absent | None,
) -> None:
    """Plan what brings the refresh policies of an aggregate to what is declared.

    Args:
        plan: The comparison.
        target: The continuous aggregate.
        declared: The declaration; None where it is unmanaged.
    """
    found = live_policies(plan.catalog, target.relation, RefreshPolicy)
    for policy, live in paired(declared, found):
        plan_policy(
            plan,
            target,
            live,
            wanted_copies(policy, live),
            addition=AddRefreshPolicyOp,
            alteration=AlterRefreshPolicyOp,
            rank=1,  # a columnstore policy asks for a refresh policy
        )


def read_refresh(
    plan: Plan, target: Target
) -> RefreshPolicy | list[RefreshPolicy] | None:
    """Read the refresh policies of an aggregate, as models declare them."""
    live = live_policies(plan.catalog, target.relation, RefreshPolicy)
    sound = [found.policy for found in live if not found.note]
    if len(sound) == len(live) > 1:
        return sound
    return sound[0] if sound else None


FEATURE: Final = Feature(
    RefreshPolicy, compare_refresh, read_refresh, of_tables=False, of_aggregates=True
)
