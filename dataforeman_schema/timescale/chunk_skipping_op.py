"""The operations of chunk skipping, and how it is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import Operations

from .chunk_skipping import ChunkSkipping
from .declaration import Absent
from .feature import Feature
from .name_set_op import plan_names
from .operation import FeatureOp, register_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .plan import Plan, Target


@Operations.register_operation("enable_chunk_skipping")
class EnableChunkSkippingOp(FeatureOp[ChunkSkipping]):
    """Keep the range of each chunk of columns."""

    verb = "enable"

    @classmethod
    def enable_chunk_skipping(
        cls,
        operations: Operations,
        table_name: str,
        *,
        columns: Sequence[str],
        schema: str | None = None,
    ) -> None:
        """Have a hypertable keep the range that columns have in each chunk.

        No row changes. Chunks that exist have no range until they are converted to the
        columnstore again. The reverse forgets the ranges.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            columns: The columns; others that it keeps ranges of stay.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, ChunkSkipping(*columns), schema=schema))


@Operations.register_operation("disable_chunk_skipping")
class DisableChunkSkippingOp(FeatureOp[ChunkSkipping]):
    """Forget the range of each chunk of columns."""

    verb = "disable"

    @classmethod
    def disable_chunk_skipping(
        cls,
        operations: Operations,
        table_name: str,
        *,
        columns: Sequence[str],
        schema: str | None = None,
    ) -> None:
        """Have a hypertable forget the range that columns have in each chunk.

        No row changes, but queries by these columns look into every chunk again. The
        reverse has ranges kept, of chunks that are converted from then on.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            columns: The columns; others that it keeps ranges of stay.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, ChunkSkipping(*columns), schema=schema))


register_pair(EnableChunkSkippingOp, DisableChunkSkippingOp)


def compare_chunk_skipping(
    plan: Plan, target: Target, declared: ChunkSkipping | Absent | None
) -> None:
    """Plan what brings the columns with ranges to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable.
        declared: The declaration; None where it is unmanaged.
    """
    live = _live(plan, target)
    if declared is None:
        dropped = plan.columns(target.relation).dropped
        wanted = live.without(ChunkSkipping(*dropped))
    else:
        wanted = ChunkSkipping() if isinstance(declared, Absent) else declared
    plan_names(plan, target, live, wanted, EnableChunkSkippingOp)


def _live(plan: Plan, target: Target) -> ChunkSkipping:
    """Read the columns with ranges that a hypertable has, as models declare them."""
    storage = plan.catalog.storage.get(target.relation)
    return ChunkSkipping(*(storage.skipping if storage else ()))


FEATURE: Final = Feature(ChunkSkipping, compare_chunk_skipping, _live)
