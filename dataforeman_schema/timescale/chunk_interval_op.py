"""The operation that sets a chunk interval, and how intervals are compared."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import Operations

from .chunk_interval import ChunkInterval
from .operation import AlterOp, execute, placed, render_alter

if TYPE_CHECKING:
    from .hypertable import Hypertable
    from .interval import Span
    from .plan import Plan, Target


log = logging.getLogger(__name__)


@Operations.register_operation("set_chunk_interval")
class SetChunkIntervalOp(AlterOp[ChunkInterval]):
    """Change the span of a relation's chunks."""

    verb = "set"

    @classmethod
    def set_chunk_interval(
        cls,
        operations: Operations,
        table_name: str,
        *,
        chunk_interval: Span,
        existing_chunk_interval: Span | None = None,
        schema: str | None = None,
    ) -> None:
        """Change the span of a relation's chunks, for new chunks only.

        No row moves, in either direction.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable or continuous aggregate.
            chunk_interval: The span of a chunk.
            existing_chunk_interval: What it was, for the reverse; None where the
                revision itself makes the aggregate.
            schema: The relation's schema, or None for the first of the search path.
        """
        state = ChunkInterval(chunk_interval)
        existing = ChunkInterval(existing_chunk_interval)
        operations.invoke(cls(table_name, state, existing, schema=schema))


@Operations.implementation_for(SetChunkIntervalOp)
def _set(operations: Operations, op: SetChunkIntervalOp) -> None:
    execute(operations, op.feature.addition(op.relation, placed(operations, op.schema)))


renderers.dispatch_for(SetChunkIntervalOp)(render_alter)


def compare_chunk_interval(
    plan: Plan, target: Target, live: Hypertable | None, wanted: Hypertable | None
) -> None:
    """Plan what brings the chunk interval of a hypertable to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable.
        live: What the database has.
        wanted: What it shall have.
    """
    if not (live and wanted and target.changes_in_place):
        return
    old, new = live.chunk_interval, wanted.chunk_interval
    if old is None or new is None or old == new:
        return
    log.info("Detected changed chunk interval on %r", str(target))
    states = (ChunkInterval(new), ChunkInterval(old))
    operation = SetChunkIntervalOp(target.name, *states, schema=target.schema)
    plan.create(target.rank, target.in_place(operation))
