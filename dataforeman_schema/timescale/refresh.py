"""Refreshing a continuous aggregate over a range, from a migration."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations
from alembic.util import CommandError

from . import render
from .ddl import Call, regclass, string
from .operation import Nothing, execute, placed
from .suspended import suspended_name

if TYPE_CHECKING:
    from datetime import date

    from alembic.autogenerate.api import AutogenContext


@Operations.register_operation("refresh_continuous_aggregate")
class RefreshContinuousAggregateOp(MigrateOperation):
    """Bring a continuous aggregate up to date over a range.

    Args:
        name: The aggregate.
        start: Where the range begins, of the kind of the time column: a ``datetime``
            with or without time zone, a ``date`` or a number; None is the beginning of
            all data.
        end: Where it ends, itself not refreshed; None is the end of all data.
        schema: The aggregate's schema, or None for the first of the search path.
    """

    def __init__(
        self,
        name: str,
        start: date | int | None = None,
        end: date | int | None = None,
        *,
        schema: str | None = None,
    ) -> None:
        self.name = name
        self.start = start
        self.end = end
        self.schema = schema

    @classmethod
    def refresh_continuous_aggregate(
        cls,
        operations: Operations,
        name: str,
        start: date | int | None = None,
        end: date | int | None = None,
        *,
        schema: str | None = None,
    ) -> None:
        """Bring a continuous aggregate up to date over a range.

        TimescaleDB refuses this in a transaction, so everything that the migration did
        before is committed first and is not rolled back if something fails later. The
        reverse does nothing: what is materialized stays.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            name: The aggregate.
            start: Where the range begins; None is the beginning of all data.
            end: Where it ends, itself not refreshed; None is the end of all data.
            schema: Its schema, or None for the first of the search path.

        Raises:
            CommandError: Something is suspended, which must not be committed yet.
        """
        operations.invoke(cls(name, start, end, schema=schema))

    def reverse(self) -> Nothing:
        """Return an operation that does nothing.

        Returns:
            An empty container.
        """
        return Nothing(self)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the operation.

        Returns:
            A name, the aggregate, its schema and the range.
        """
        kind = "refresh_continuous_aggregate"
        return (kind, self.name, self.schema, self.start, self.end)


@Operations.implementation_for(RefreshContinuousAggregateOp)
def _refresh(operations: Operations, op: RefreshContinuousAggregateOp) -> None:
    if gone := suspended_name(operations.get_context()):
        raise CommandError(
            f"{op.name} cannot be refreshed while {gone} is suspended: that commits "
            f"what the migration did so far, and what is kept of {gone} would be lost "
            "if it failed then; refresh after everything is resumed"
        )
    window = (_bound(op.start), _bound(op.end))
    view = regclass(op.name, placed(operations, op.schema))
    with operations.get_context().autocommit_block():
        execute(
            operations, [Call("CALL", "refresh_continuous_aggregate", view, *window)]
        )


def _bound(value: date | int | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return f"'{value}'"  # untyped, it becomes of the type of the column
    text = string(value.isoformat())
    is_moment = isinstance(value, datetime) and value.tzinfo is not None
    return f"TIMESTAMPTZ {text}" if is_moment else text


@renderers.dispatch_for(RefreshContinuousAggregateOp)
def _render(context: AutogenContext, op: RefreshContinuousAggregateOp) -> list[str]:
    warning = "Commits what the migration did so far: TimescaleDB asks for it."
    name = "refresh_continuous_aggregate"
    call = render.call(
        context, name, op.name, start=op.start, end=op.end, schema=op.schema
    )
    return [*render.comment(warning), call]
