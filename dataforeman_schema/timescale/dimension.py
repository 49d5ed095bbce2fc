"""Hash dimensions: further partitioning of a hypertable that exists already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import Operations

from . import render
from .ddl import Call, regclass, string
from .feature_state import FeatureState
from .hypertable import Hypertable
from .hypertable_settings import GiveSettings, KeepSettings
from .operation import AlterOp, FeatureOp, execute, placed, register_pair
from .partitioning import HashDimension, add_dimension, as_dimensions
from .plan import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext

    from .ddl import Statement
    from .interval import Span
    from .plan import Plan, Target


@dataclass(frozen=True)
class Dimension(FeatureState):
    """A hash dimension, and the hypertable as it is without it.

    Attributes:
        dimension: The column and its number of partitions.
        base: The hypertable without the dimension, to which a downgrade returns.
    """

    dimension: HashDimension
    base: Hypertable

    noun = "dimension"

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this dimension."""
        return {**self.dimension._asdict(), **self.base.arguments()}

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the dimension."""
        return [add_dimension(name, schema, self.dimension)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what makes the hypertable anew without the dimension."""
        return [
            KeepSettings(name, schema),
            *self.base.removal(name, schema),
            *self.base.addition(name, schema, migrate_data=True),
            GiveSettings(name, schema),
        ]


@Operations.register_operation("add_dimension")
class AddDimensionOp(FeatureOp[Dimension]):
    """Spread the rows of each time range over hash partitions."""

    verb = "add"

    @classmethod
    def add_dimension(
        cls,
        operations: Operations,
        table_name: str,
        *,
        column: str,
        partitions: int,
        time_column: str,
        chunk_interval: Span | None = None,
        hash_dimensions: Sequence[tuple[str, int]] = (),
        default_indexes: bool = True,
        schema: str | None = None,
    ) -> None:
        """Spread the rows of each time range of a hypertable over hash partitions.

        Chunks that exist stay as they are, one for all partitions. The reverse,
        ``op.drop_dimension``, has to copy every row.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            column: The column whose hash chooses the partition.
            partitions: The number of partitions.
            time_column: The hypertable's time column, for the reverse.
            chunk_interval: The span of a chunk, for the reverse.
            hash_dimensions: The other hash dimensions, for the reverse.
            default_indexes: Whether TimescaleDB made its index, for the reverse.
            schema: The table's schema, or None for the first of the search path.
        """
        others = as_dimensions(hash_dimensions)
        base = Hypertable(time_column, chunk_interval, others, default_indexes)
        state = Dimension(HashDimension(column, partitions), base)
        operations.invoke(cls(table_name, state, schema=schema))


@Operations.register_operation("drop_dimension")
class DropDimensionOp(FeatureOp[Dimension]):
    """Make the hypertable anew without a hash dimension."""

    verb = "drop"
    warning = (
        "Copies every row twice, under a lock that keeps everybody out; columnstore\n"
        "and policies of the table go and must be made again."
    )

    @classmethod
    def drop_dimension(
        cls,
        operations: Operations,
        table_name: str,
        *,
        column: str,
        partitions: int,
        time_column: str,
        chunk_interval: Span | None = None,
        hash_dimensions: Sequence[tuple[str, int]] = (),
        default_indexes: bool = True,
        schema: str | None = None,
    ) -> None:
        """Make the hypertable anew without a hash dimension.

        TimescaleDB cannot take a dimension away, so the table becomes a plain one and
        a hypertable again. All rows stay; the columnstore and policies do not. It fails
        while a view or a continuous aggregate reads the table.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            column: The column whose hash chose the partition.
            partitions: The number of partitions, for the reverse.
            time_column: The hypertable's time column.
            chunk_interval: The span of a chunk.
            hash_dimensions: The other hash dimensions, which stay.
            default_indexes: Whether TimescaleDB makes its index on the time column.
            schema: The table's schema, or None for the first of the search path.
        """
        others = as_dimensions(hash_dimensions)
        base = Hypertable(time_column, chunk_interval, others, default_indexes)
        state = Dimension(HashDimension(column, partitions), base)
        operations.invoke(cls(table_name, state, schema=schema))


@Operations.register_operation("alter_dimension")
class AlterDimensionOp(AlterOp[Dimension]):
    """Change the number of partitions of a hash dimension."""

    @classmethod
    def alter_dimension(
        cls,
        operations: Operations,
        table_name: str,
        *,
        column: str,
        partitions: int,
        existing_partitions: int,
        schema: str | None = None,
    ) -> None:
        """Change the number of partitions of a hash dimension, for new chunks.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            column: The column whose hash chooses the partition.
            partitions: The number of partitions.
            existing_partitions: What it was, for the reverse.
            schema: The table's schema, or None for the first of the search path.
        """
        state, existing = (
            Dimension(HashDimension(column, number), Hypertable(""))
            for number in (partitions, existing_partitions)
        )
        operations.invoke(cls(table_name, state, existing, schema=schema))


@Operations.implementation_for(AlterDimensionOp)
def _alter(operations: Operations, op: AlterDimensionOp) -> None:
    column, partitions = op.feature.dimension
    table = regclass(op.relation, placed(operations, op.schema))
    arguments = (table, str(partitions), string(column))
    execute(operations, [Call("SELECT", "set_number_partitions", *arguments)])


@renderers.dispatch_for(AlterDimensionOp)
def _render_alter(context: AutogenContext, op: AlterDimensionOp) -> str:
    return render.call(
        context,
        "alter_dimension",
        op.relation,
        **op.feature.dimension._asdict(),
        existing_partitions=op.existing.dimension.partitions,
        schema=op.schema,
    )


register_pair(AddDimensionOp, DropDimensionOp)


def compare_dimensions(
    plan: Plan, target: Target, live: Hypertable | None, wanted: Hypertable | None
) -> None:
    """Plan what changes in place in the hash dimensions of a hypertable.

    Args:
        plan: The comparison.
        target: The hypertable.
        live: What the database has.
        wanted: What it shall have.
    """
    if live is None or wanted is None or not target.changes_in_place:
        return
    have = [Dimension(dimension, live) for dimension in live.hash_dimensions or ()]
    want = [Dimension(dimension, live) for dimension in wanted.hash_dimensions or ()]
    for position, new in enumerate(want):
        old = have[position] if position < len(have) else None
        _plan_dimension(plan, target, old, new)


def _plan_dimension(
    plan: Plan, target: Target, live: Dimension | None, wanted: Dimension
) -> None:
    name, schema = target.name, target.schema
    change = Change(
        rank=target.rank,
        label=f"dimension {wanted.dimension.column!r}",
        live=live,
        wanted=wanted,
        add=lambda new: AddDimensionOp(name, new, schema=schema),
        drop=lambda old: DropDimensionOp(name, old, schema=schema),
        alter=lambda old, new: AlterDimensionOp(name, new, old, schema=schema),
    )
    plan.plan_in_place(target, change)
