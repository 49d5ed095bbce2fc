"""What the operations of all features share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import OpContainer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext

    from .ddl import Statement


class Backwards(OpContainer):
    """An operation that only the downgrade needs.

    Where a revision drops a table, the features of the table go with it; the downgrade,
    which creates the table again, must make them again.
    """

    def __init__(self, operation: MigrateOperation) -> None:
        super().__init__([])
        self.operation = operation

    def reverse(self) -> MigrateOperation:
        """Return the reverse of the operation.

        Returns:
            What the downgrade does.
        """
        return self.operation.reverse()


class Forwards(OpContainer):
    """An operation that the downgrade need not undo.

    Where a revision creates a table, its downgrade is just the drop of the table.
    """

    def __init__(self, operation: MigrateOperation) -> None:
        super().__init__([operation])

    def reverse(self) -> MigrateOperation:
        """Return an operation that does nothing.

        Returns:
            An empty container.
        """
        return Backwards(self.ops[0])


@renderers.dispatch_for(Backwards)
def _render_nothing(_context: AutogenContext, _op: Backwards) -> list[str]:
    return []


@renderers.dispatch_for(Forwards)
def _render_forwards(context: AutogenContext, op: Forwards) -> Any:  # noqa: ANN401
    return renderers.dispatch(op.ops[0])(context, op.ops[0])


@Operations.implementation_for(Backwards)
@Operations.implementation_for(Forwards)
def invoke_all(operations: Operations, container: OpContainer) -> None:
    """Carry out the operations of a container, in order.

    Args:
        operations: Alembic's operations.
        container: What to carry out.
    """
    for operation in container.ops:
        operations.invoke(operation)


def execute(operations: Operations, statements: Iterable[Statement]) -> None:
    """Run statements, or write them out in ``--sql`` mode.

    Args:
        operations: Alembic's operations.
        statements: What to run, in order.
    """
    impl = operations.migration_context.impl
    for statement in statements:
        if impl.as_sql:
            # Compiled for a driver that formats with %, the text would show %%.
            impl.static_output(statement.sql() + impl.command_terminator)
        else:
            operations.execute(statement)
