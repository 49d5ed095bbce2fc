"""Chunk skipping: ranges of columns by which queries leave chunks out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import Operations
from sqlalchemy import Date, DateTime, Integer

from .ddl import Statement, dollar_quoted, extension_call, regclass, string
from .declaration import Absent, DeclarationError
from .features import register_feature
from .name_set import NameSet, plan_names
from .operation import FeatureOp, register_pair
from .validate import check_columns, column_of, plain_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from .plan import Plan, Target

# The functions refuse their work where the setting is off, which it is at first. What a
# session has is given back, for it decides about plans and conversions too.
_BODY: Final = """
DECLARE
  setting CONSTANT text :=
    coalesce(current_setting('timescaledb.enable_chunk_skipping', true), 'off');
BEGIN
  PERFORM set_config('timescaledb.enable_chunk_skipping', 'on', true);
{calls}
  PERFORM set_config('timescaledb.enable_chunk_skipping', setting, true);
END
"""


class ChunkSkipping(NameSet):
    """Declares of which columns a hypertable keeps the range of each chunk.

    Queries that ask for values outside of the range leave the chunk out. A range is
    known once its chunk is converted to the columnstore, and is used and kept up where
    ``timescaledb.enable_chunk_skipping`` is on, in the sessions that query and convert:
    that is for the operator to set. The columns are all that there may be.

    Args:
        names: The columns: integers, ``timestamptz``, ``timestamp`` or ``date``.

    Raises:
        DeclarationError: At the end of the table's definition, where the table is no
            hypertable, or a column is unknown, named twice or of another type.
    """

    noun = "chunk_skipping"
    argument = "columns"

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        super().check(table)
        check_columns(table, "ChunkSkipping", self.names)
        for name in self.names:
            column = column_of(table, name)
            if not isinstance(plain_type(column), (Integer, DateTime, Date)):
                raise DeclarationError(
                    f"{table.name}: ChunkSkipping keeps ranges of integers, "
                    f"timestamptz, timestamp and date; {name} is {column.type!r}"
                )

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what has the ranges kept."""
        return [_Switch("enable_chunk_skipping", regclass(name, schema), self.names)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what has them forgotten."""
        return [_Switch("disable_chunk_skipping", regclass(name, schema), self.names)]


class _Switch(Statement):
    """Have ranges of columns kept or forgotten, whatever the session's setting."""

    def __init__(self, function: str, table: str, columns: Sequence[str]) -> None:
        self.function = function
        self.table = table
        self.columns = columns

    def sql(self) -> str:
        """Write the statement."""
        calls = "\n".join(
            f"  PERFORM {extension_call(self.function, self.table, string(column))};"
            for column in self.columns
        )
        return f"DO {dollar_quoted(_BODY.format(calls=calls))}"


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


register_feature(ChunkSkipping, compare_chunk_skipping, _live)
