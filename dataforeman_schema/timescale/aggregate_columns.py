"""Columns that are added to a continuous aggregate in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from . import render
from .aggregate_fill import fill_when_recorded
from .aggregate_pause import (
    ResumeContinuousAggregateOp,
    SuspendContinuousAggregateOp,
)
from .aggregate_sql import MarkColumns
from .aggregate_view import AggregateView
from .ddl import Text, identifier, qualified
from .operation import execute, placed
from .releases import AGGREGATE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.autogenerate.api import AutogenContext

_COST: Final = (
    "Filled for all buckets whose rows are there when the revision is recorded; it is\n"
    "NULL in others. Servers before TimescaleDB 2.28 make the aggregate anew."
)


class AddedColumn(NamedTuple):
    """A column that comes to a continuous aggregate.

    Attributes:
        name: Its name.
        type: Its type, as SQL.
        expression: What the query selects for it, as SQL.
    """

    name: str
    type: str
    expression: str


@Operations.register_operation("add_aggregate_columns")
class AddAggregateColumnsOp(MigrateOperation):
    """Add columns to a continuous aggregate.

    Args:
        relation: The aggregate.
        feature: The aggregate as it is with them.
        columns: The columns.
        schema: Its schema, or None for the first of the search path.
    """

    def __init__(
        self,
        relation: str,
        feature: AggregateView,
        columns: Sequence[AddedColumn],
        *,
        schema: str | None = None,
    ) -> None:
        self.relation = relation
        self.feature = feature
        self.columns = columns
        self.schema = schema

    @classmethod
    def add_aggregate_columns(
        cls,
        operations: Operations,
        name: str,
        columns: Iterable[tuple[str, str, str]],
        *,
        definition: str,
        materialized_only: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """Add columns to a continuous aggregate; no row that it has is lost.

        When the revision is recorded, they are filled for the buckets whose rows are
        there, in a transaction for each part; see `fill_aggregates`. In buckets whose
        rows are gone they are NULL. A server that cannot add columns (they came with
        TimescaleDB 2.28) makes the aggregate anew, as
        ``op.resume_continuous_aggregate`` does.

        The reverse is ``op.suspend_continuous_aggregate``, before what the columns are
        made of goes, and ``op.resume_continuous_aggregate`` without them.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            name: The aggregate.
            columns: The name of each, its type, and the expression that makes it.
            definition: The query with them, for the reverse and for other servers.
            materialized_only: Whether queries see only what is materialized, likewise.
            schema: Its schema, or None for the first of the search path.
        """
        view = AggregateView(definition, materialized_only)
        added = [AddedColumn(*column) for column in columns]
        operations.invoke(cls(name, view, added, schema=schema))

    def reverse(self) -> SuspendContinuousAggregateOp:
        """Return the operation that takes the aggregate away, to come without them."""
        return SuspendContinuousAggregateOp(
            self.relation, self.feature, schema=self.schema
        )

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``."""
        names = [column.name for column in self.columns]
        return ("add_aggregate_columns", self.relation, self.schema, names)


@Operations.implementation_for(AddAggregateColumnsOp)
def _add(operations: Operations, op: AddAggregateColumnsOp) -> None:
    context = operations.migration_context
    is_blind = context.as_sql or context.opts.get("timescaledb_absent")
    if not (is_blind or AGGREGATE_COLUMNS.is_in(operations.get_bind())):
        _make_anew(operations, op)
        return
    where = (op.relation, placed(operations, op.schema))
    columns = ", ".join(
        f"ADD COLUMN {identifier(name)} {kind} GENERATED ALWAYS AS ({made}) STORED"
        for name, kind, made in op.columns
    )
    alter = Text(f"ALTER MATERIALIZED VIEW {qualified(*where)} {columns}")
    execute(operations, [alter, MarkColumns(*where)])
    fill_when_recorded(operations)


def _make_anew(operations: Operations, op: AddAggregateColumnsOp) -> None:
    for kind in (SuspendContinuousAggregateOp, ResumeContinuousAggregateOp):
        operations.invoke(kind(op.relation, op.feature, schema=op.schema))


@renderers.dispatch_for(AddAggregateColumnsOp)
def _render(context: AutogenContext, op: AddAggregateColumnsOp) -> list[str]:
    call = render.call(
        context,
        "add_aggregate_columns",
        op.relation,
        [tuple(column) for column in op.columns],
        **op.feature.arguments(),
        schema=op.schema,
    )
    return [*render.comment(_COST), call]
