"""Columnstore policies: chunks that are old enough move into the columnstore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations

from .ddl import Call, regclass
from .interval import (
    Interval,
    Span,
    TunableInterval,
    TunableSpan,
    from_catalog,
    optional_literal,
    untuned,
    words,
)
from .operation import AlterOp, FeatureOp
from .policy import (
    Policy,
    live_copies,
    plan_policy,
    register_policy,
    wanted_copies,
)

if TYPE_CHECKING:
    from .catalog import Job
    from .ddl import Statement
    from .declaration import Absent
    from .plan import Plan, Target


@dataclass(frozen=True)
class ColumnstorePolicy(Policy):
    """When chunks move into the columnstore; declared as ``Columnstore(after=…)``.

    Attributes:
        after: The age of a chunk's youngest row.
        schedule_interval: How often the policy runs; None leaves it to the server.
        created_before: The age of the chunk itself, in place of `after`; only a policy
            that was added by hand goes by it.
    """

    after: TunableSpan | None = None
    schedule_interval: TunableInterval | None = None
    created_before: Interval | None = None

    noun = "columnstore_policy"
    can_be_absent = True
    procedures = frozenset({"policy_compression", "policy_columnstore"})
    ages = frozenset({"after", "created_before"})

    @classmethod
    def from_job(cls, job: Job) -> ColumnstorePolicy:
        """Read the policy from its job."""
        return cls(
            from_catalog(job.spans.get("compress_after")),
            from_catalog(job.schedule),
            from_catalog(job.spans.get("compress_created_before")),
        )

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return {
            "compress_after": self.after,
            "compress_created_before": self.created_before,
        }

    @property
    def effect(self) -> str:
        """What it does, in words."""
        if self.after is not None:
            return f"chunks move there when older than {words(untuned(self.after))}"
        assert self.created_before is not None  # noqa: S101 (it is one of two)
        return f"chunks move there {words(self.created_before)} after they were made"

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a relation."""
        call = Call(
            "CALL",
            "add_columnstore_policy",
            regclass(name, schema),
            after=optional_literal(self.after),
            created_before=optional_literal(self.created_before),
            schedule_interval=optional_literal(self.schedule_interval),
        )
        return [call]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a relation."""
        return [Call("CALL", "remove_columnstore_policy", regclass(name, schema))]


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
