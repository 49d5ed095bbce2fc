"""The operations that switch the columnstore on and off, and set it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import Operations

from .columnstore_ddl import set_columnstore
from .columnstore_state import Settings
from .lost_settings import refuse_to_lose_settings
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
    from datetime import timedelta


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
        sparse_indexes: Sequence[str] | None = None,
        merge_interval: timedelta | int | None = None,
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
            sparse_indexes: The sparse indexes, such as ``["bloom(tag)"]``; None leaves
                them to the server, ``[]`` means none.
            merge_interval: The span up to which chunks are merged when they move, in
                the unit of an integer time column; None merges none.
            is_aggregate: Whether it is a continuous aggregate.
            schema: The relation's schema, or None for the first of the search path.

        Raises:
            CommandError: The server's release lacks such sparse indexes.
        """
        options = (segment_by, order_by, sparse_indexes, merge_interval)
        state = Settings.given(*options, is_aggregate=is_aggregate)
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
        sparse_indexes: Sequence[str] | None = None,
        merge_interval: timedelta | int | None = None,
        is_aggregate: bool = False,
        schema: str | None = None,
    ) -> None:
        """Bring every chunk back into the rowstore and switch the columnstore off.

        That takes the time and space of decompressing everything. The reverse switches
        it on again, but moves no chunk: that is left to the policy.

        It fails where sparse indexes, merged chunks or direct compress are set that its
        arguments do not carry for the reverse, and names them, unless the command is
        told ``-x lose-data=yes``.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            relation: The hypertable or continuous aggregate.
            segment_by: The columns that kept rows apart, for the reverse.
            order_by: The order within a segment, for the reverse.
            sparse_indexes: The sparse indexes that were chosen, for the reverse.
            merge_interval: The span up to which chunks were merged, for the reverse.
            is_aggregate: Whether it is a continuous aggregate.
            schema: The relation's schema, or None for the first of the search path.
        """
        options = (segment_by, order_by, sparse_indexes, merge_interval)
        state = Settings.given(*options, is_aggregate=is_aggregate)
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
        sparse_indexes: Sequence[str] | None = None,
        existing_sparse_indexes: Sequence[str] | None = None,
        merge_interval: timedelta | int | None = None,
        existing_merge_interval: timedelta | int | None = None,
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
            sparse_indexes: The sparse indexes, such as ``["bloom(tag)"]``; ``[]`` means
                none. None gives them back to the server where they were chosen, and
                leaves them alone where `existing_sparse_indexes` is None, too.
            existing_sparse_indexes: What they were.
            merge_interval: The span up to which chunks are merged when they move, in
                the unit of an integer time column. None merges none any more, and
                leaves it alone where `existing_merge_interval` is None, too.
            existing_merge_interval: What it was.
            is_aggregate: Whether it is a continuous aggregate.
            schema: The relation's schema, or None for the first of the search path.

        Raises:
            CommandError: The server's release lacks such sparse indexes.
        """
        options = (segment_by, order_by, sparse_indexes, merge_interval)
        given = Settings.given(*options, is_aggregate=is_aggregate)
        existing = Settings.given(
            existing_segment_by,
            existing_order_by,
            existing_sparse_indexes,
            existing_merge_interval,
            is_aggregate=is_aggregate,
        )
        operations.invoke(cls(relation, given, existing, schema=schema))


@Operations.implementation_for(AlterColumnstoreOp)
def _alter(operations: Operations, op: AlterColumnstoreOp) -> None:
    states = (op.feature, op.existing)
    execute(
        operations, set_columnstore(op.relation, placed(operations, op.schema), *states)
    )


def _disable(operations: Operations, op: DisableColumnstoreOp) -> None:
    refuse_to_lose_settings(operations, op.relation, op.schema, op.feature)
    schema = placed(operations, op.schema)
    execute(operations, op.feature.removal(op.relation, schema))


register_pair(EnableColumnstoreOp, DisableColumnstoreOp, take=_disable)
renderers.dispatch_for(AlterColumnstoreOp)(render_alter)
