"""Bringing chunks back into the rowstore whose settings are in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from . import render
from .ddl import Statement, dollar_quoted, regclass, string
from .operation import Nothing, execute, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext

_CONVERT: Final = """
DECLARE
  chunk regclass;
BEGIN
  FOR chunk IN
    SELECT s.chunk
      FROM timescaledb_information.chunk_columnstore_settings s
     WHERE s.hypertable = {relation}::regclass AND EXISTS (
             SELECT FROM unnest(ARRAY[{columns}]) AS gone (name)
              WHERE name = ANY (string_to_array(segmentby, ','))
                 OR position(',' || quote_ident(name) || ' '
                             IN ',' || replace(orderby, ',', ' ,') || ' ') > 0)
  LOOP
    CALL @extschema@.convert_to_rowstore(chunk, if_columnstore => true);
  END LOOP;
END
"""


class ConvertToRowstore(Statement):
    """Bring the chunks back into the rowstore that go by some columns there.

    Args:
        name: The hypertable.
        schema: Its schema, or None for the first of the search path.
        columns: The columns.
    """

    def __init__(self, name: str, schema: str | None, columns: Sequence[str]) -> None:
        self.relation = regclass(name, schema)
        self.columns = ", ".join(map(string, columns))

    def sql(self) -> str:
        """Write the statement, a ``DO`` block."""
        body = _CONVERT.format(relation=self.relation, columns=self.columns)
        return f"DO {dollar_quoted(body)}"


@Operations.register_operation("convert_to_rowstore")
class ConvertToRowstoreOp(MigrateOperation):
    """Bring the chunks back into the rowstore that segment or order by columns.

    Args:
        table_name: The hypertable.
        columns: The columns.
        schema: The table's schema, or None for the first of the search path.
    """

    def __init__(
        self, table_name: str, columns: Sequence[str], *, schema: str | None = None
    ) -> None:
        self.table_name = table_name
        self.columns = columns
        self.schema = schema

    @classmethod
    def convert_to_rowstore(
        cls,
        operations: Operations,
        table_name: str,
        *,
        columns: Sequence[str],
        schema: str | None = None,
    ) -> None:
        """Bring the chunks back into the rowstore that segment or order by columns.

        A column can be dropped only when no chunk goes by it, whatever the settings of
        the hypertable say by now. It takes the time and space of decompressing those
        chunks; no row is lost. The reverse does nothing.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            columns: The columns.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, columns, schema=schema))

    def reverse(self) -> Nothing:
        """Return an operation that does nothing."""
        return Nothing(self)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the operation."""
        return ("convert_to_rowstore", self.table_name, self.schema, self.columns)


@Operations.implementation_for(ConvertToRowstoreOp)
def _convert(operations: Operations, op: ConvertToRowstoreOp) -> None:
    execute(
        operations,
        [ConvertToRowstore(op.table_name, placed(operations, op.schema), op.columns)],
    )


@renderers.dispatch_for(ConvertToRowstoreOp)
def _render(context: AutogenContext, op: ConvertToRowstoreOp) -> list[str]:
    cost = "Decompresses the chunks that segment or order by what goes."
    columns = list(op.columns)
    call = render.call(
        context, "convert_to_rowstore", op.table_name, columns=columns, schema=op.schema
    )
    return [*render.comment(cost), call]
