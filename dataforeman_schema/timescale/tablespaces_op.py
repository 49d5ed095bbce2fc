"""The operations of tablespaces, and how they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import Operations

from .declaration import Absent
from .feature import Feature
from .name_set_op import plan_names
from .operation import FeatureOp, register_pair
from .tablespaces import Tablespaces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Plan, Target


@Operations.register_operation("attach_tablespaces")
class AttachTablespacesOp(FeatureOp[Tablespaces]):
    """Spread new chunks over more tablespaces."""

    verb = "attach"

    @classmethod
    def attach_tablespaces(
        cls,
        operations: Operations,
        table_name: str,
        *,
        tablespaces: Sequence[str],
        schema: str | None = None,
    ) -> None:
        """Spread the new chunks of a hypertable over more tablespaces.

        Chunks that exist stay where they are, and so they do in the reverse.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            tablespaces: The tablespaces, beside those that it has.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, Tablespaces(*tablespaces), schema=schema))


@Operations.register_operation("detach_tablespaces")
class DetachTablespacesOp(FeatureOp[Tablespaces]):
    """Make no more chunks in some tablespaces."""

    verb = "detach"

    @classmethod
    def detach_tablespaces(
        cls,
        operations: Operations,
        table_name: str,
        *,
        tablespaces: Sequence[str],
        schema: str | None = None,
    ) -> None:
        """Make no more chunks of a hypertable in some tablespaces.

        Chunks that exist stay where they are, and so they do in the reverse.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            tablespaces: Those of its tablespaces that go.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, Tablespaces(*tablespaces), schema=schema))


register_pair(AttachTablespacesOp, DetachTablespacesOp)


def compare_tablespaces(
    plan: Plan, target: Target, declared: Tablespaces | Absent | None
) -> None:
    """Plan what brings the tablespaces of a hypertable to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable.
        declared: The declaration; None where they are unmanaged.
    """
    live = _live(plan, target)
    wanted = Tablespaces() if isinstance(declared, Absent) else declared or live
    plan_names(plan, target, live, wanted, AttachTablespacesOp)


def _live(plan: Plan, target: Target) -> Tablespaces:
    """Read the tablespaces of a hypertable, in the order that they were attached in."""
    storage = plan.catalog.storage.get(target.relation)
    return Tablespaces(*(storage.tablespaces if storage else ()))


FEATURE: Final = Feature(Tablespaces, compare_tablespaces, _live)
