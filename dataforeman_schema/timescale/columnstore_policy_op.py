"""The operations of columnstore policies, and how they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import Operations

from .columnstore_policy import ColumnstorePolicy
from .operation import AlterOp, FeatureOp
from .policy_op import live_copies, plan_policy, register_policy, wanted_copies

if TYPE_CHECKING:
    from .declaration import Absent
    from .interval import Interval, Span
    from .plan import Plan, Target


@Operations.register_operation("add_columnstore_policy")
class AddColumnstorePolicyOp(FeatureOp[ColumnstorePolicy]):
    """Have old chunks moved into the columnstore."""

    verb = "add"

    @classmethod
    def add_columnstore_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        after: Span | None = None,
        created_before: Interval | None = None,
        schedule_interval: Interval | None = None,
        schema: str | None = None,
    ) -> None:
        """Have chunks of a hypertable or aggregate moved into the columnstore.

        The reverse ends that; chunks that have moved stay where they are.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            after: The age of a chunk's youngest row.
            created_before: The age of the chunk itself, in place of `after`.
            schedule_interval: How often the policy runs; None leaves it to the server.
            schema: The relation's schema, or None for the first of the search path.
        """
        policy = ColumnstorePolicy(after, schedule_interval, created_before)
        operations.invoke(cls(relation, policy, schema=schema))


@Operations.register_operation("remove_columnstore_policy")
class RemoveColumnstorePolicyOp(FeatureOp[ColumnstorePolicy]):
    """No longer move chunks into the columnstore."""

    verb = "remove"

    @classmethod
    def remove_columnstore_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        after: Span | None = None,
        created_before: Interval | None = None,
        schedule_interval: Interval | None = None,
        schema: str | None = None,
    ) -> None:
        """No longer move chunks of a hypertable or aggregate into the columnstore.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            after: The age of a chunk's youngest row, for the reverse.
            created_before: The age of the chunk itself, for the reverse.
            schedule_interval: How often the policy ran, for the reverse.
            schema: The relation's schema, or None for the first of the search path.
        """
        policy = ColumnstorePolicy(after, schedule_interval, created_before)
        operations.invoke(cls(relation, policy, schema=schema))


@Operations.register_operation("alter_columnstore_policy")
class AlterColumnstorePolicyOp(AlterOp[ColumnstorePolicy]):
    """Change when chunks move into the columnstore."""

    @classmethod
    def alter_columnstore_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        after: Span | None = None,
        existing_after: Span | None = None,
        created_before: Interval | None = None,
        existing_created_before: Interval | None = None,
        schedule_interval: Interval | None = None,
        existing_schedule_interval: Interval | None = None,
        existing_copies: int = 1,
        schema: str | None = None,
    ) -> None:
        """Change when chunks of a hypertable or aggregate move into the columnstore.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            after: The age of a chunk's youngest row.
            existing_after: What it was, for the reverse.
            created_before: The age of the chunk itself, in place of `after`.
            existing_created_before: What it was, for the reverse.
            schedule_interval: How often the policy runs; None leaves it to the server.
            existing_schedule_interval: What it was, for the reverse.
            existing_copies: How many such policies there are now.
            schema: The relation's schema, or None for the first of the search path.
        """
        operation = cls(
            relation,
            ColumnstorePolicy(after, schedule_interval, created_before),
            ColumnstorePolicy(
                existing_after, existing_schedule_interval, existing_created_before
            ),
            existing_copies=existing_copies,
            schema=schema,
        )
        operations.invoke(operation)


register_policy(
    AddColumnstorePolicyOp, RemoveColumnstorePolicyOp, AlterColumnstorePolicyOp
)


def compare_columnstore_policy(
    plan: Plan, target: Target, declared: ColumnstorePolicy | Absent | None
) -> None:
    """Plan what brings the columnstore policy of a relation to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable or continuous aggregate.
        declared: The declaration; None where it is unmanaged.
    """
    live = live_copies(plan.catalog, target.relation, ColumnstorePolicy)
    plan_policy(
        plan,
        target,
        live,
        wanted_copies(declared, live),
        addition=AddColumnstorePolicyOp,
        alteration=AlterColumnstorePolicyOp,
    )
