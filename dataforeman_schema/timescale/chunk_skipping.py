"""Chunk skipping: ranges of columns by which queries leave chunks out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Date, DateTime, Integer

from .ddl import Statement, dollar_quoted, extension_call, regclass, string
from .errors import DeclarationError
from .name_set import NameSet
from .validate import check_columns, column_of, plain_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table


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
