"""Refresh policies: a continuous aggregate is brought up to date by and by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations

from .ddl import Call, regclass
from .features import register_feature
from .interval import (
    Interval,
    Span,
    TunableInterval,
    TunableSpan,
    from_catalog,
    literal,
    untuned,
    words,
)
from .operation import AlterOp, FeatureOp
from .policy import (
    Policy,
    live_policies,
    paired,
    plan_policy,
    register_policy,
    wanted_copies,
)
from .policy_job import DeletePolicyJob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .catalog import Job
    from .ddl import Statement
    from .declaration import Absent
    from .plan import Plan, Target


@dataclass(frozen=True)
class RefreshPolicy(Policy):
    """Declares how a continuous aggregate is brought up to date.

    Attributes:
        start_offset: How far back from now the refreshed window begins; None is the
            beginning of all data.
        end_offset: How far back from now it ends; None is the end of all data.
        schedule_interval: How often the policy runs.
    """

    start_offset: TunableSpan | None
    end_offset: TunableSpan | None
    schedule_interval: TunableInterval

    noun = "refresh_policy"
    can_be_absent = True
    procedures = frozenset({"policy_refresh_continuous_aggregate"})

    @classmethod
    def from_job(cls, job: Job) -> RefreshPolicy:
        """Read the policy from its job."""
        start = from_catalog(job.spans.get("start_offset"))
        end = from_catalog(job.spans.get("end_offset"))
        return cls(start, end, from_catalog(job.schedule))

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return self.window

    @property
    def window(self) -> dict[str, Any]:
        """What tells it from others of the same aggregate."""
        return {"start_offset": self.start_offset, "end_offset": self.end_offset}

    @property
    def effect(self) -> str:
        """What it does, in words."""
        every = words(untuned(self.schedule_interval))
        start, end = (
            "the bounds of all data"
            if offset is None
            else f"{words(untuned(offset))} ago"
            for offset in (self.start_offset, self.end_offset)
        )
        return f"from {start} to {end}, every {every}"

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a continuous aggregate."""
        call = Call(
            "SELECT",
            "add_continuous_aggregate_policy",
            regclass(name, schema),
            start_offset=_offset(self.start_offset),
            end_offset=_offset(self.end_offset),
            schedule_interval=literal(self.schedule_interval),
        )
        return [call]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a continuous aggregate."""
        return [DeletePolicyJob(name, schema, self)]


def _offset(span: TunableSpan | None) -> str:
    if span is None:
        return "NULL"
    number = untuned(span)
    # A number must be of the very type of the column; an untyped one becomes it.
    return f"'{number}'" if isinstance(number, int) else literal(span)


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
            schema: The aggregate's schema, or None for the first of the search path.
        """
        policy = RefreshPolicy(start_offset, end_offset, schedule_interval)
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
        schema: str | None = None,
    ) -> None:
        """No longer bring a continuous aggregate up to date.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            aggregate: The continuous aggregate.
            schedule_interval: How often the policy ran, for the reverse.
            start_offset: How far back the window began, for the reverse.
            end_offset: How far back the window ended, for the reverse.
            schema: The aggregate's schema, or None for the first of the search path.
        """
        policy = RefreshPolicy(start_offset, end_offset, schedule_interval)
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
        existing_copies: int = 1,
        schema: str | None = None,
    ) -> None:
        """Change how a continuous aggregate is brought up to date.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            aggregate: The continuous aggregate.
            schedule_interval: How often the policy runs.
            existing_schedule_interval: What it was, for the reverse.
            start_offset: How far back the window begins; None is the beginning of all.
            end_offset: How far back the window ends; None is the end of all.
            existing_start_offset: What it was, for the reverse.
            existing_end_offset: What it was, for the reverse.
            existing_copies: How many such policies there are now.
            schema: The aggregate's schema, or None for the first of the search path.
        """
        operation = cls(
            aggregate,
            RefreshPolicy(start_offset, end_offset, schedule_interval),
            RefreshPolicy(
                existing_start_offset, existing_end_offset, existing_schedule_interval
            ),
            existing_copies=existing_copies,
            schema=schema,
        )
        operations.invoke(operation)


register_policy(AddRefreshPolicyOp, RemoveRefreshPolicyOp, AlterRefreshPolicyOp)


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


register_feature(
    RefreshPolicy, compare_refresh, read_refresh, of_tables=False, of_aggregates=True
)
