"""The operations of reorder policies, and how they are compared."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from alembic.operations import Operations

from .feature import Feature
from .operation import AlterOp, FeatureOp
from .policy_op import (
    live_copies,
    plan_policy,
    register_policy,
    sound_policy,
    wanted_copies,
)
from .reorder import ReorderPolicy

if TYPE_CHECKING:
    from .declaration import Absent
    from .plan import Plan, Target


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


FEATURE: Final = Feature(
    ReorderPolicy, compare_reorder, partial(sound_policy, kind=ReorderPolicy)
)
