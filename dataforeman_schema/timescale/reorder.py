"""Reorder policies: closed chunks are rewritten in the order of an index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations

from .ddl import Call, regclass, string
from .declaration import DeclarationError, TableDeclaration
from .default_index import default_index_name
from .features import register_feature
from .hypertable import hypertable_of
from .operation import AlterOp, FeatureOp
from .policy import (
    Policy,
    live_copies,
    plan_policy,
    register_policy,
    sound_policy,
    wanted_copies,
)

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .catalog import Job
    from .ddl import Statement
    from .declaration import Absent
    from .plan import Plan, Target


@dataclass(frozen=True)
class ReorderPolicy(TableDeclaration, Policy):
    """Declares that closed chunks are rewritten in the order of an index.

    Attributes:
        index: The name of an index of the table.

    Raises:
        DeclarationError: At the end of the table's definition, where the table is no
            hypertable or has no such index.
    """

    index: str

    rank = 4
    noun = "reorder_policy"
    procedures = frozenset({"policy_reorder"})

    @classmethod
    def from_job(cls, job: Job) -> ReorderPolicy:
        """Read the policy from its job."""
        return cls(job.config["index_name"])

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return {"index_name": self.index}

    @property
    def effect(self) -> str:
        """What it does, in words."""
        return f"chunks are rewritten in the order of {self.index}"

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        hypertable = hypertable_of(table, "ReorderPolicy")
        made = default_index_name(table.name, hypertable.time_column)
        default = {made} if hypertable.default_indexes else set()
        known = {str(index.name) for index in table.indexes}
        known |= {str(key.name) for key in table.constraints if key.name is not None}
        if self.index not in {*known, *default, f"{table.name}_pkey"}:
            raise DeclarationError(
                f"ReorderPolicy of {table.name} names the unknown index "
                f"{self.index!r}; declare the index in the table's definition, before "
                "it is complete"
            )

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a table that was just created."""
        return self.addition(name, schema)

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a hypertable."""
        index = string(self.index)
        return [Call("SELECT", "add_reorder_policy", regclass(name, schema), index)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a hypertable."""
        return [Call("SELECT", "remove_reorder_policy", regclass(name, schema))]


@Operations.register_operation("add_reorder_policy")
class AddReorderPolicyOp(FeatureOp[ReorderPolicy]):
    """Have closed chunks rewritten in the order of an index."""

    verb = "add"

    @classmethod
    def add_reorder_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        index: str,
        schema: str | None = None,
    ) -> None:
        """Have the closed chunks of a hypertable rewritten in the order of an index.

        No row changes, only where it lies; the reverse ends the rewriting.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable.
            index: The name of one of its indexes.
            schema: The hypertable's schema, or None for the first of the search path.
        """
        operations.invoke(cls(relation, ReorderPolicy(index), schema=schema))


@Operations.register_operation("remove_reorder_policy")
class RemoveReorderPolicyOp(FeatureOp[ReorderPolicy]):
    """Leave the rows of chunks where they lie."""

    verb = "remove"

    @classmethod
    def remove_reorder_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        index: str,
        schema: str | None = None,
    ) -> None:
        """No longer rewrite the chunks of a hypertable in the order of an index.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable.
            index: The name of the index, for the reverse.
            schema: The hypertable's schema, or None for the first of the search path.
        """
        operations.invoke(cls(relation, ReorderPolicy(index), schema=schema))


@Operations.register_operation("alter_reorder_policy")
class AlterReorderPolicyOp(AlterOp[ReorderPolicy]):
    """Have closed chunks rewritten in the order of another index."""

    @classmethod
    def alter_reorder_policy(
        cls,
        operations: Operations,
        relation: str,
        *,
        index: str,
        existing_index: str,
        existing_copies: int = 1,
        schema: str | None = None,
    ) -> None:
        """Have the closed chunks rewritten in the order of another index.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable.
            index: The name of one of its indexes.
            existing_index: What it was, for the reverse.
            existing_copies: How many such policies there are now.
            schema: The hypertable's schema, or None for the first of the search path.
        """
        operation = cls(
            relation,
            ReorderPolicy(index),
            ReorderPolicy(existing_index),
            existing_copies=existing_copies,
            schema=schema,
        )
        operations.invoke(operation)


register_policy(AddReorderPolicyOp, RemoveReorderPolicyOp, AlterReorderPolicyOp)


def compare_reorder(
    plan: Plan, target: Target, declared: ReorderPolicy | Absent | None
) -> None:
    """Plan what brings the reorder policy of a hypertable to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable.
        declared: The declaration; None where it is unmanaged.
    """
    live = live_copies(plan.catalog, target.relation, ReorderPolicy)
    wanted = wanted_copies(declared, live)
    plan_policy(
        plan,
        target,
        live,
        wanted,
        addition=AddReorderPolicyOp,
        alteration=AlterReorderPolicyOp,
        needs_new=True,  # its index may come in the same revision
    )


register_feature(
    ReorderPolicy, compare_reorder, partial(sound_policy, kind=ReorderPolicy)
)
