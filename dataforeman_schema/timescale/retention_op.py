"""The operations of retention policies, and how they are compared."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from alembic.operations import Operations

from .feature import Feature
from .lost_chunks import refuse_to_lose_chunks
from .operation import AlterOp, FeatureOp
from .policy_op import (
    live_copies,
    plan_policy,
    register_policy,
    sound_policy,
    wanted_copies,
)
from .retention import RetentionPolicy

if TYPE_CHECKING:
    from .declaration import Absent
    from .interval import Interval, Span
    from .plan import Plan, Target


@Operations.register_operation("add_retention_policy")
class AddRetentionPolicyOp(FeatureOp[RetentionPolicy]):
    """Have old chunks dropped."""

    verb = "add"
    warning = (
        "Deletes old rows for good. Refused without -x lose-data=yes if there are any\n"
        "for its first run."
    )

    @classmethod
    def add_retention_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        drop_after: Span | None = None,
        drop_created_before: Interval | None = None,
        schedule_interval: Interval | None = None,
        schema: str | None = None,
    ) -> None:
        """Have chunks of a hypertable or continuous aggregate dropped when old enough.

        From its first run on, rows are deleted for good; the reverse ends that, but
        brings none back. It fails, with their number, while there are rows that the
        first run would delete, unless the command is told ``-x lose-data=yes``.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            drop_after: The age of a chunk's youngest row.
            drop_created_before: The age of the chunk itself, in place of `drop_after`.
            schedule_interval: How often the policy runs; None leaves it to the server.
            schema: The relation's schema, or None for the first of the search path.
        """
        policy = RetentionPolicy(drop_after, schedule_interval, drop_created_before)
        operations.invoke(cls(relation, policy, schema=schema))


@Operations.register_operation("remove_retention_policy")
class RemoveRetentionPolicyOp(FeatureOp[RetentionPolicy]):
    """Keep old chunks."""

    verb = "remove"

    @classmethod
    def remove_retention_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        drop_after: Span | None = None,
        drop_created_before: Interval | None = None,
        schedule_interval: Interval | None = None,
        schema: str | None = None,
    ) -> None:
        """No longer drop chunks of a hypertable or continuous aggregate.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            drop_after: The age of a chunk's youngest row, for the reverse.
            drop_created_before: The age of the chunk itself, for the reverse.
            schedule_interval: How often the policy ran, for the reverse.
            schema: The relation's schema, or None for the first of the search path.
        """
        policy = RetentionPolicy(drop_after, schedule_interval, drop_created_before)
        operations.invoke(cls(relation, policy, schema=schema))


@Operations.register_operation("alter_retention_policy")
class AlterRetentionPolicyOp(AlterOp[RetentionPolicy]):
    """Change when old chunks are dropped."""

    @classmethod
    def alter_retention_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        drop_after: Span | None = None,
        existing_drop_after: Span | None = None,
        drop_created_before: Interval | None = None,
        existing_drop_created_before: Interval | None = None,
        schedule_interval: Interval | None = None,
        existing_schedule_interval: Interval | None = None,
        existing_copies: int = 1,
        schema: str | None = None,
    ) -> None:
        """Change when chunks of a hypertable or continuous aggregate are dropped.

        A shorter span deletes more rows from the next run on, which is refused as with
        ``op.add_retention_policy``; the reverse brings none back.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            drop_after: The age of a chunk's youngest row.
            existing_drop_after: What it was, for the reverse.
            drop_created_before: The age of the chunk itself, in place of `drop_after`.
            existing_drop_created_before: What it was, for the reverse.
            schedule_interval: How often the policy runs; None leaves it to the server.
            existing_schedule_interval: What it was, for the reverse.
            existing_copies: How many such policies there are now.
            schema: The relation's schema, or None for the first of the search path.
        """
        operation = cls(
            relation,
            RetentionPolicy(drop_after, schedule_interval, drop_created_before),
            RetentionPolicy(
                existing_drop_after,
                existing_schedule_interval,
                existing_drop_created_before,
            ),
            existing_copies=existing_copies,
            schema=schema,
        )
        operations.invoke(operation)


def _refuse_losses(
    operations: Operations, op: FeatureOp[RetentionPolicy] | AlterOp[RetentionPolicy]
) -> None:
    refuse_to_lose_chunks(operations, op.relation, op.schema, op.feature)


register_policy(
    AddRetentionPolicyOp,
    RemoveRetentionPolicyOp,
    AlterRetentionPolicyOp,
    before=_refuse_losses,
)


def compare_retention(
    plan: Plan, target: Target, declared: RetentionPolicy | Absent | None
) -> None:
    """Plan what brings the retention policy of a relation to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable or continuous aggregate.
        declared: The declaration; None where it is unmanaged.
    """
    live = live_copies(plan.catalog, target.relation, RetentionPolicy)
    wanted = wanted_copies(declared, live)
    plan_policy(
        plan,
        target,
        live,
        wanted,
        addition=AddRetentionPolicyOp,
        alteration=AlterRetentionPolicyOp,
    )


FEATURE: Final = Feature(
    RetentionPolicy,
    compare_retention,
    partial(sound_policy, kind=RetentionPolicy),
    of_aggregates=True,
)
