"""Retention policies: chunks that are old enough are dropped with their rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations

from .ddl import Call, regclass
from .declaration import DeclarationError, TableDeclaration
from .features import register_feature
from .hypertable import hypertable_of
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
from .lost_chunks import refuse_to_lose_chunks
from .operation import AlterOp, FeatureOp
from .policy import (
    Policy,
    live_copies,
    plan_policy,
    register_policy,
    sound_policy,
    wanted_copies,
)
from .validate import check_positive
from .validate_policy import check_policy_span

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .catalog import Job
    from .ddl import Statement
    from .declaration import Absent
    from .plan import Plan, Target


@dataclass(frozen=True)
class RetentionPolicy(TableDeclaration, Policy):
    """Declares that chunks are dropped, with their rows, when they are old enough.

    Attributes:
        drop_after: The age of a chunk's youngest row.
        schedule_interval: How often the policy runs. None leaves it to the server and
            is never compared.
        drop_created_before: The age of the chunk itself, in place of `drop_after`.

    Raises:
        DeclarationError: At the end of the table's definition, where the table is no
            hypertable, both ages are given or none, or a span is not positive or does
            not suit the time column.
    """

    drop_after: TunableSpan | None = None
    schedule_interval: TunableInterval | None = None
    drop_created_before: TunableInterval | None = None

    rank = 4
    noun = "retention_policy"
    procedures = frozenset({"policy_retention"})
    ages = frozenset({"drop_after", "drop_created_before"})

    @classmethod
    def from_job(cls, job: Job) -> RetentionPolicy:
        """Read the policy from its job."""
        return cls(
            from_catalog(job.spans.get("drop_after")),
            from_catalog(job.schedule),
            from_catalog(job.spans.get("drop_created_before")),
        )

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return {
            "drop_after": self.drop_after,
            "drop_created_before": self.drop_created_before,
        }

    @property
    def effect(self) -> str:
        """What it does, in words."""
        if self.drop_after is not None:
            return f"rows older than {words(untuned(self.drop_after))} are deleted"
        assert self.drop_created_before is not None  # noqa: S101 (it is one of two)
        age = words(untuned(self.drop_created_before))
        return f"chunks made more than {age} ago are deleted with their rows"

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        self.check_ages(table.name)
        hypertable_of(table, "RetentionPolicy")
        if self.drop_after is not None:
            check_policy_span(table, "RetentionPolicy", "drop_after", self.drop_after)

    def check_ages(self, name: str) -> None:
        """Refuse a policy that does not go by one age.

        Args:
            name: The relation, for the message.

        Raises:
            DeclarationError: It goes by two ages or by none, or a span is not positive.
        """
        if (self.drop_after is None) == (self.drop_created_before is None):
            raise DeclarationError(
                f"{name}: RetentionPolicy needs one of drop_after and "
                "drop_created_before"
            )
        check_positive(name, "drop_created_before", self.drop_created_before)
        check_positive(name, "schedule_interval", self.schedule_interval)

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a table that was just created."""
        return self.addition(name, schema)

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a relation."""
        call = Call(
            "SELECT",
            "add_retention_policy",
            regclass(name, schema),
            drop_after=optional_literal(self.drop_after),
            drop_created_before=optional_literal(self.drop_created_before),
            schedule_interval=optional_literal(self.schedule_interval),
        )
        return [call]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a relation."""
        return [Call("SELECT", "remove_retention_policy", regclass(name, schema))]


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


register_feature(
    RetentionPolicy,
    compare_retention,
    partial(sound_policy, kind=RetentionPolicy),
    of_aggregates=True,
)
