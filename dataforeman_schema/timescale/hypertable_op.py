"""The operations of hypertables, and how they are compared."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from alembic.operations import Operations

from .hypertable import Hypertable
from .hypertable_settings import GiveSettings, KeepSettings
from .operation import DowngradeOnly, FeatureOp, execute, placed, register_pair
from .partitioning import as_dimensions
from .plan import Change, Disposition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .interval import Span
    from .plan import Plan, Target


@Operations.register_operation("create_hypertable")
class CreateHypertableOp(FeatureOp[Hypertable]):
    """Turn a plain table into a hypertable."""

    verb = "create"

    def __init__(
        self,
        relation: str,
        feature: Hypertable,
        *,
        schema: str | None = None,
        migrate_data: bool = False,
        resume: bool = False,
    ) -> None:
        super().__init__(relation, feature, schema=schema)
        self.migrate_data = migrate_data
        self.resume = resume

    @classmethod
    def create_hypertable(
        cls,
        operations: Operations,
        table_name: str,
        time_column: str,
        *,
        chunk_interval: Span | None = None,
        hash_dimensions: Sequence[tuple[str, int]] = (),
        default_indexes: bool = True,
        migrate_data: bool = False,
        resume: bool = False,
        schema: str | None = None,
    ) -> None:
        """Turn a plain table into a hypertable.

        Its reverse, ``op.drop_hypertable``, makes it plain again with every row.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The table.
            time_column: The column by which rows are spread over chunks.
            chunk_interval: The span of a chunk; None, of time only, is the server's.
            hash_dimensions: Columns with their numbers of partitions.
            default_indexes: Whether TimescaleDB makes its index on the time column.
            migrate_data: Whether rows may be there, which move under an exclusive lock.
            resume: Whether it gets back what ``op.drop_hypertable`` kept.
            schema: The table's schema, or None for the first of the search path.
        """
        dimensions = as_dimensions(hash_dimensions)
        state = Hypertable(time_column, chunk_interval, dimensions, default_indexes)
        how = {"migrate_data": migrate_data, "resume": resume}
        operations.invoke(cls(table_name, state, schema=schema, **how))

    def arguments(self) -> dict[str, object]:
        """Say how the operation is called."""
        how = {"migrate_data": self.migrate_data, "resume": self.resume}
        return super().arguments() | {
            name: given or None for name, given in how.items()
        }

    def reverse(self) -> FeatureOp[Hypertable]:
        """Return the operation that makes it a plain table again."""
        return DropHypertableOp(
            self.relation, self.feature, schema=self.schema, suspend=self.resume
        )


@Operations.register_operation("drop_hypertable")
class DropHypertableOp(FeatureOp[Hypertable]):
    """Turn a hypertable back into a plain table with all of its rows."""

    verb = "drop"
    warning = "Copies every row, decompressed, under a lock; policies on the table go."

    def __init__(
        self,
        relation: str,
        feature: Hypertable,
        *,
        schema: str | None = None,
        suspend: bool = False,
    ) -> None:
        super().__init__(relation, feature, schema=schema)
        self.suspend = suspend

    def arguments(self) -> dict[str, object]:
        """Say how the operation is called."""
        return super().arguments() | {"suspend": self.suspend or None}

    @classmethod
    def drop_hypertable(
        cls,
        operations: Operations,
        table_name: str,
        time_column: str,
        *,
        chunk_interval: Span | None = None,
        hash_dimensions: Sequence[tuple[str, int]] = (),
        default_indexes: bool = True,
        suspend: bool = False,
        schema: str | None = None,
    ) -> None:
        """Turn a hypertable back into a plain table with all of its rows.

        It copies every row, decompressed, under an exclusive lock. Constraints, index
        names, keys, triggers, rights and comments stay; policies and columnstore go. It
        fails while a view or a continuous aggregate reads the table.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The table.
            time_column: The column by which rows are spread over chunks.
            chunk_interval: The span of a chunk, for the reverse.
            hash_dimensions: Columns with their numbers of partitions, for the reverse.
            default_indexes: Whether the index that TimescaleDB made goes with it.
            suspend: Whether its columnstore and policies, also those that no model
                declares, are kept for ``op.create_hypertable(…, resume=True)``.
            schema: The table's schema, or None for the first of the search path.
        """
        dimensions = as_dimensions(hash_dimensions)
        state = Hypertable(time_column, chunk_interval, dimensions, default_indexes)
        operations.invoke(cls(table_name, state, schema=schema, suspend=suspend))

    def reverse(self) -> FeatureOp[Hypertable]:
        """Return the operation that makes it, with its rows, a hypertable again."""
        return _create_filled(
            self.relation, self.feature, schema=self.schema, resume=self.suspend
        )


_create_filled = partial(CreateHypertableOp, migrate_data=True)


def _create(operations: Operations, op: CreateHypertableOp) -> None:
    where, filled = (op.relation, placed(operations, op.schema)), op.migrate_data
    execute(operations, op.feature.addition(*where, migrate_data=filled))
    if op.resume:
        execute(operations, [GiveSettings(*where)])


def _drop(operations: Operations, op: DropHypertableOp) -> None:
    where = (op.relation, placed(operations, op.schema))
    if op.suspend:
        execute(operations, [KeepSettings(*where)])
    execute(operations, op.feature.removal(*where))


register_pair(CreateHypertableOp, DropHypertableOp, give=_create, take=_drop)


def compare_hypertable(
    plan: Plan,
    target: Target,
    disposition: Disposition,
    live: Hypertable | None,
    wanted: Hypertable | None,
) -> Target:
    """Plan what brings a table, as a hypertable, to what is declared.

    Args:
        plan: The comparison.
        target: The table, and what the table operations do to it.
        disposition: What the revision does to the hypertable.
        live: What the database has.
        wanted: What it shall have.

    Returns:
        The hypertable, and what the revision does to it.
    """
    if disposition is Disposition.KEPT:
        return target
    name, schema, rank = target.name, target.schema, target.rank
    changed = dataclasses.replace(target, disposition=disposition)
    if live and wanted:
        drop = DropHypertableOp(name, live, schema=schema, suspend=True)
        create = _create_filled(name, wanted, schema=schema, resume=True)
        anew = disposition is Disposition.REPLACED
        plan.remove(rank, drop if anew else DowngradeOnly(drop))
        plan.create(rank, create if anew else DowngradeOnly(create))
        return changed
    is_new = target.disposition is Disposition.CREATED
    make = CreateHypertableOp if is_new else _create_filled
    change = Change(
        rank=rank,
        label="hypertable",
        live=live,
        wanted=wanted,
        add=lambda new: make(name, new, schema=schema),
        drop=lambda old: DropHypertableOp(name, old, schema=schema),
    )
    plan.plan_change(target, change)
    return changed
