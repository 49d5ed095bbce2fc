"""Hypertables: tables partitioned into chunks by time, and optionally by hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from . import render
from .ddl import Statement, boolean, function_call, regclass, string
from .declaration import DeclarationError, TableFeature
from .dimension import AddDimension
from .interval import Span, literal
from .operation import execute
from .plain_table import BecomePlainTable
from .validate import check_columns, check_partitioning, check_span, check_unique_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Table


class HashDimension(NamedTuple):
    """A further dimension that spreads the rows of each time range over partitions.

    Attributes:
        column: The column whose hash chooses the partition.
        partitions: The number of partitions, 1 to 32767.
    """

    column: str
    partitions: int


@dataclass(frozen=True)
class Hypertable(TableFeature):
    """Declares that a table is a hypertable.

    Attributes:
        time_column: The column by which rows are spread over chunks: ``timestamptz``,
            ``timestamp``, ``date`` or an integer, not null.
        chunk_interval: The span of a chunk, in the column's unit where that is an
            integer. A change of it holds for new chunks. None leaves it to the server
            and is never compared.
        hash_dimensions: Further dimensions. None is never compared; ``()`` says that
            there must be none.
        default_indexes: Whether TimescaleDB makes its index on the time column. It
            counts when the hypertable is created and is never compared.

    Raises:
        DeclarationError: At the end of the table's definition, where a column is
            unknown or of the wrong type, a primary or unique key leaves out a
            partitioning column, or the interval is not positive.
    """

    time_column: str
    chunk_interval: Span | None = None
    hash_dimensions: Sequence[HashDimension] | None = None
    default_indexes: bool = True

    rank = 1

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table.

        Args:
            table: The complete table.

        Raises:
            DeclarationError: It could not; the message says why.
        """
        hashed = [dimension.column for dimension in self.hash_dimensions or ()]
        check_columns(table, "Hypertable", [self.time_column, *hashed])
        check_partitioning(table, self.time_column)
        check_unique_keys(table, [self.time_column, *hashed])
        if self.chunk_interval is not None:
            check_span(table, self.time_column, "chunk_interval", self.chunk_interval)
        for column, partitions in self.hash_dimensions or ():
            if not 1 <= partitions <= 32767:  # noqa: PLR2004 (a smallint in the catalog)
                raise DeclarationError(
                    f"{table.name}: {partitions} partitions of {column} are not "
                    "between 1 and 32767"
                )

    def creation(self, table: Table) -> list[Statement]:
        """Say what makes the hypertable from a table that was just created.

        Args:
            table: The table.

        Returns:
            The statements, in order.
        """
        return _create(table.name, table.schema, self, migrate_data=False)

    def default_index_names(self, table_name: str) -> list[str]:
        """Name the indexes that TimescaleDB makes by itself.

        Args:
            table_name: The hypertable.

        Returns:
            The names, none if `default_indexes` is off.
        """
        if not self.default_indexes:
            return []
        return [f"{table_name}_{self.time_column}_idx"[:63]]


class CreateHypertable(Statement):
    """Turn a plain table into a hypertable over its time column.

    Args:
        table_name: The table.
        schema: Its schema, or None for the first of the search path.
        hypertable: How to partition it; its hash dimensions are added separately.
        migrate_data: Whether the table may hold rows, which then move into chunks.
    """

    def __init__(
        self,
        table_name: str,
        schema: str | None,
        hypertable: Hypertable,
        *,
        migrate_data: bool,
    ) -> None:
        self.table_name = table_name
        self.schema = schema
        self.hypertable = hypertable
        self.migrate_data = migrate_data

    def sql(self) -> str:
        """Write the statement.

        Returns:
            The call of ``create_hypertable``.
        """
        column = string(self.hypertable.time_column)
        interval = self.hypertable.chunk_interval
        span = [] if interval is None else [literal(interval)]
        return "SELECT " + function_call(
            "create_hypertable",
            regclass(self.table_name, self.schema),
            function_call("by_range", column, *span),
            create_default_indexes=boolean(self.hypertable.default_indexes),
            migrate_data="true" if self.migrate_data else None,
        )


def _create(
    table_name: str, schema: str | None, hypertable: Hypertable, *, migrate_data: bool
) -> list[Statement]:
    return [
        CreateHypertable(table_name, schema, hypertable, migrate_data=migrate_data),
        *(
            AddDimension(table_name, schema, column, partitions)
            for column, partitions in hypertable.hash_dimensions or ()
        ),
    ]


class _HypertableOp(MigrateOperation):
    """What the creation and the removal of a hypertable carry alike."""

    def __init__(
        self,
        table_name: str,
        hypertable: Hypertable,
        *,
        schema: str | None = None,
        migrate_data: bool = False,
    ) -> None:
        self.table_name = table_name
        self.hypertable = hypertable
        self.schema = schema
        self.migrate_data = migrate_data


@Operations.register_operation("create_hypertable")
class CreateHypertableOp(_HypertableOp):
    """Turn a plain table into a hypertable."""

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
        schema: str | None = None,
    ) -> None:
        """Turn a plain table into a hypertable.

        Its reverse, ``op.drop_hypertable``, makes it a plain table again with all rows,
        constraints and index names.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The table.
            time_column: The column by which rows are spread over chunks.
            chunk_interval: The span of a chunk; None leaves it to the server, which
                only a time column allows.
            hash_dimensions: Columns with their numbers of partitions.
            default_indexes: Whether TimescaleDB makes its index on the time column.
            migrate_data: Whether the table may hold rows. They move into chunks under a
                lock that keeps everybody out; without it a filled table is refused.
            schema: The table's schema, or None for the first of the search path.
        """
        dimensions = tuple(HashDimension(*item) for item in hash_dimensions)
        hypertable = Hypertable(
            time_column, chunk_interval, dimensions, default_indexes
        )
        operation = cls(
            table_name, hypertable, schema=schema, migrate_data=migrate_data
        )
        operations.invoke(operation)

    def reverse(self) -> DropHypertableOp:
        """Return the operation that makes it a plain table again.

        Returns:
            The reverse; it keeps every row.
        """
        return DropHypertableOp(self.table_name, self.hypertable, schema=self.schema)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``.

        Returns:
            A name, the table and its schema, and what is declared.
        """
        return ("add_hypertable", self.table_name, self.schema, self.hypertable)


@Operations.register_operation("drop_hypertable")
class DropHypertableOp(_HypertableOp):
    """Turn a hypertable back into a plain table with all of its rows."""

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
        schema: str | None = None,
    ) -> None:
        """Turn a hypertable back into a plain table with all of its rows.

        Every row is copied, under a lock that keeps everybody out, in the migration's
        transaction; compressed rows are decompressed by it. Constraints, indexes with
        their names, foreign keys, triggers, owner, privileges and comments stay;
        policies and columnstore settings do not. It fails while a view or a continuous
        aggregate reads the table.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The table.
            time_column: The column by which rows are spread over chunks.
            chunk_interval: The span of a chunk, for the reverse.
            hash_dimensions: Columns with their numbers of partitions, for the reverse.
            default_indexes: Whether the index that TimescaleDB made goes with it.
            schema: The table's schema, or None for the first of the search path.
        """
        dimensions = tuple(HashDimension(*item) for item in hash_dimensions)
        hypertable = Hypertable(
            time_column, chunk_interval, dimensions, default_indexes
        )
        operations.invoke(cls(table_name, hypertable, schema=schema))

    def reverse(self) -> CreateHypertableOp:
        """Return the operation that makes it a hypertable again.

        Returns:
            The reverse, for a table with rows.
        """
        return CreateHypertableOp(
            self.table_name, self.hypertable, schema=self.schema, migrate_data=True
        )

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``.

        Returns:
            A name, the table and its schema, and what the database has.
        """
        return ("remove_hypertable", self.table_name, self.schema, self.hypertable)


@Operations.implementation_for(CreateHypertableOp)
def _create_hypertable(operations: Operations, op: CreateHypertableOp) -> None:
    statements = _create(
        op.table_name, op.schema, op.hypertable, migrate_data=op.migrate_data
    )
    execute(operations, statements)


@Operations.implementation_for(DropHypertableOp)
def _drop_hypertable(operations: Operations, op: DropHypertableOp) -> None:
    unwanted = op.hypertable.default_index_names(op.table_name)
    execute(operations, [BecomePlainTable(op.table_name, op.schema, unwanted)])


@renderers.dispatch_for(CreateHypertableOp)
def _render_create(context: AutogenContext, op: CreateHypertableOp) -> str:
    return _render(context, "create_hypertable", op)


@renderers.dispatch_for(DropHypertableOp)
def _render_drop(context: AutogenContext, op: DropHypertableOp) -> list[str]:
    warning = "Copies every row into a plain table; compressed rows are decompressed."
    return [*render.comment(warning), _render(context, "drop_hypertable", op)]


def _render(context: AutogenContext, name: str, op: _HypertableOp) -> str:
    dimensions = [tuple(item) for item in op.hypertable.hash_dimensions or ()]
    return render.call(
        context,
        name,
        op.table_name,
        op.hypertable.time_column,
        chunk_interval=op.hypertable.chunk_interval,
        hash_dimensions=dimensions or None,
        default_indexes=None if op.hypertable.default_indexes else False,
        migrate_data=op.migrate_data or None,
        schema=op.schema,
    )
