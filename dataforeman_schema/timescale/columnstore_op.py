"""The operations that switch the columnstore on and off, and set it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import Operations

from .columnstore_ddl import set_columnstore
from .columnstore_state import Settings
from .operation import (
    AlterOp,
    FeatureOp,
    execute,
    placed,
    register_pair,
    render_alter,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        state = Settings.given(segment_by, order_by, is_aggregate=is_aggregate)
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
        state = Settings.given(segment_by, order_by, is_aggregate=is_aggregate)
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
        given = Settings.given(segment_by, order_by, is_aggregate=is_aggregate)
        old = (existing_segment_by, existing_order_by)
        existing = Settings.given(*old, is_aggregate=is_aggregate)
        operations.invoke(cls(relation, given, existing, schema=schema))


@Operations.implementation_for(AlterColumnstoreOp)
def _alter(operations: Operations, op: AlterColumnstoreOp) -> None:
    states = (op.feature, op.existing)
    execute(
        operations, set_columnstore(op.relation, placed(operations, op.schema), *states)
    )


register_pair(EnableColumnstoreOp, DisableColumnstoreOp)
renderers.dispatch_for(AlterColumnstoreOp)(render_alter)
