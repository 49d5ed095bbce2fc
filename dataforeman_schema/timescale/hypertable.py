"""Hypertables: tables partitioned into chunks by time, and optionally by hash."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from alembic.operations import Operations

from .ddl import Call, extension_call, regclass, string
from .declaration import DeclarationError, TableDeclaration, registry
from .hypertable_settings import GiveSettings, KeepSettings
from .interval import Span, optional_literal
from .operation import (
    DowngradeOnly,
    FeatureOp,
    FeatureState,
    execute,
    placed,
    register_pair,
)
from .partitioning import HashDimension, add_dimension, as_dimensions
from .plain_table import BecomePlainTable
from .plan import Change, Disposition
from .validate import check_hypertable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from .ddl import Statement
    from .plan import Plan, Target


@dataclass(frozen=True)
class Hypertable(TableDeclaration, FeatureState):
    """Declares that a table is a hypertable.

    Attributes:
        time_column: The column by which rows are spread over chunks: ``timestamptz``,
            ``timestamp``, ``date``, an integer, or ``uuid`` (version 7, where the
            server can), not null.
        chunk_interval: The span of new chunks, in the column's unit where that is an
            integer. None leaves it to the server and is never compared.
        hash_dimensions: Further dimensions; ``()`` is none, None is never compared.
        default_indexes: Whether TimescaleDB makes its own index; never compared.

    Raises:
        DeclarationError: When the table is complete: a column is unknown or of the
            wrong type, a key lacks a partitioning column, or a span does not suit.
    """

    time_column: str
    chunk_interval: Span | None = None
    hash_dimensions: Sequence[HashDimension] | None = None
    default_indexes: bool = True

    rank = 1
    noun = "hypertable"

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        check_hypertable(table, self)

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what makes a hypertable of a new table."""
        return self.addition(name, schema)

    @property
    def dimensions(self) -> list[str]:
        """The columns that partition it, the time column first."""
        return [self.time_column, *(it.column for it in self.hash_dimensions or ())]

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this hypertable."""
        hashed = [tuple(dimension) for dimension in self.hash_dimensions or ()]
        return {
            "time_column": self.time_column,
            "chunk_interval": self.chunk_interval,
            "hash_dimensions": hashed or None,
            "default_indexes": None if self.default_indexes else False,
        }

    def addition(
        self, name: str, schema: str | None, *, migrate_data: bool = False
    ) -> list[Statement]:
        """Say what makes a hypertable of a plain table."""
        span = optional_literal(self.chunk_interval)
        by_range = [string(self.time_column), *([span] if span else [])]
        create = Call(
            "SELECT",
            "create_hypertable",
            regclass(name, schema),
            extension_call("by_range", *by_range),
            create_default_indexes="true" if self.default_indexes else "false",
            migrate_data="true" if migrate_data else None,
        )
        hashed = self.hash_dimensions or ()
        return [create, *(add_dimension(name, schema, item) for item in hashed)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what makes a plain table of the hypertable, with all of its rows."""
        column = self.time_column if self.default_indexes else None
        return [BecomePlainTable(name, schema, column)]


def hypertable_of(table: Table, feature: str) -> Hypertable:
    """Find the hypertable that a table declares, for what needs one.

    Args:
        table: The table.
        feature: Who needs it, for the message.

    Returns:
        The declaration.

    Raises:
        DeclarationError: The table declares no hypertable.
    """
    declared = registry(table.metadata).present(table, Hypertable)
    if declared is None:
        raise DeclarationError(
            f"{table.name}: {feature} needs a Hypertable declared on the same table"
        )
    return declared


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
