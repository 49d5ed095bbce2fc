"""Switching a columnstore off for a while, for what it does not allow.

What is set of it is read when the revision runs and given back afterwards, so that
nothing is lost that the models do not manage: they need not know of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from . import render
from .hypertable_settings import ResumeColumnstore, SuspendColumnstore
from .operation import execute, placed
from .suspended import note_resumed, note_suspended

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


class _PauseOp(MigrateOperation):
    """What both operations carry.

    Args:
        table_name: The hypertable.
        schema: Its schema, or None for the first of the search path.
    """

    statement: ClassVar[type[ResumeColumnstore | SuspendColumnstore]]
    difference: ClassVar[str]

    def __init__(self, table_name: str, *, schema: str | None = None) -> None:
        self.table_name = table_name
        self.schema = schema

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the operation."""
        return (self.difference, self.table_name, self.schema)


@Operations.register_operation("suspend_columnstore")
class SuspendColumnstoreOp(_PauseOp):
    """Switch a columnstore off for operations that it does not allow."""

    statement = SuspendColumnstore
    difference = "suspend_columnstore"

    @classmethod
    def suspend_columnstore(
        cls, operations: Operations, table_name: str, *, schema: str | None = None
    ) -> None:
        """Switch a columnstore off for the operations up to ``resume_columnstore``.

        Every chunk is decompressed, which takes time and space; no row is lost. Nothing
        happens where the columnstore is off. The reverse is ``op.resume_columnstore``.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            schema: Its schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, schema=schema))

    def reverse(self) -> ResumeColumnstoreOp:
        """Return the operation that switches it on again."""
        return ResumeColumnstoreOp(self.table_name, schema=self.schema)


@Operations.register_operation("resume_columnstore")
class ResumeColumnstoreOp(_PauseOp):
    """Switch a suspended columnstore on again."""

    statement = ResumeColumnstore
    difference = "resume_columnstore"

    @classmethod
    def resume_columnstore(
        cls, operations: Operations, table_name: str, *, schema: str | None = None
    ) -> None:
        """Switch a columnstore on again that ``suspend_columnstore`` switched off.

        Everything is set as it was, also what no model declares: sparse indexes, the
        span of merged chunks, direct compress, jobs. Chunks stay in the rowstore until
        the policy moves them. The reverse is ``op.suspend_columnstore``.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            schema: Its schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, schema=schema))

    def reverse(self) -> SuspendColumnstoreOp:
        """Return the operation that switches it off."""
        return SuspendColumnstoreOp(self.table_name, schema=self.schema)


@Operations.implementation_for(_PauseOp)
def _run(operations: Operations, op: _PauseOp) -> None:
    execute(operations, [op.statement(op.table_name, placed(operations, op.schema))])
    goes = isinstance(op, SuspendColumnstoreOp)
    note = note_suspended if goes else note_resumed
    note(operations, op.table_name, op.schema)


@renderers.dispatch_for(SuspendColumnstoreOp)
def _render_suspend(context: AutogenContext, op: SuspendColumnstoreOp) -> list[str]:
    cost = "Decompresses every chunk, which takes time and space."
    call = render.call(context, "suspend_columnstore", op.table_name, schema=op.schema)
    return [*render.comment(cost), call]


@renderers.dispatch_for(ResumeColumnstoreOp)
def _render_resume(context: AutogenContext, op: ResumeColumnstoreOp) -> str:
    return render.call(context, "resume_columnstore", op.table_name, schema=op.schema)
