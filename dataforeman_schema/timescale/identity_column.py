"""Identity columns of hypertables: PostgreSQL adds none to a table with chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alembic.autogenerate import render as alembic_render
from alembic.autogenerate import renderers
from alembic.operations import Operations, ops

from . import render
from .ddl import Text, column_compiler, identifier, qualified, regclass, string
from .operation import execute, placed

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column

    from .plan import Plan

_COUNTER: Final = "timescale_identity_of_rows_there"


@Operations.register_operation("add_identity_column")
class AddIdentityColumnOp(ops.AddColumnOp):
    """Add an identity column to a hypertable with chunks."""

    @classmethod
    def add_identity_column(
        cls,
        operations: Operations,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
    ) -> None:
        """Add an identity column to a hypertable, whose rows are numbered.

        PostgreSQL adds none to a table that has children, as the chunks of a hypertable
        are. Every row is written anew under an exclusive lock, in the order in which
        they lie; the columnstore must be off. The reverse drops the column.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            column: The column, with its ``Identity``.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, column, schema=schema))

    def reverse(self) -> DropIdentityColumnOp:
        """Return the operation that drops the column."""
        return DropIdentityColumnOp(
            self.table_name, self.column.name, schema=self.schema, _reverse=self
        )


class DropIdentityColumnOp(ops.DropColumnOp):
    """Drop an identity column; the reverse adds it to a hypertable with chunks."""

    def reverse(self) -> AddIdentityColumnOp:
        """Return the operation that adds the column."""
        return AddIdentityColumnOp(
            self.table_name, self.to_column(), schema=self.schema
        )


@Operations.implementation_for(AddIdentityColumnOp)
def _add(operations: Operations, op: AddIdentityColumnOp) -> None:
    compiler = column_compiler()
    kind = op.column.type.compile(compiler.dialect)
    identity = op.column.identity
    assert identity is not None  # noqa: S101 (it is what the operation is for)
    options = compiler.get_identity_options(identity)
    schema = placed(operations, op.schema)
    where = f"ALTER TABLE {qualified(op.table_name, schema)}"
    column, counter = identifier(op.column.name), string(_COUNTER)
    always = "ALWAYS" if identity.always else "BY DEFAULT"
    names = f"{regclass(op.table_name, schema)}, {string(op.column.name)}"
    texts = (
        f"CREATE TEMP SEQUENCE {_COUNTER} AS {kind} {options}",
        f"{where} ADD COLUMN {column} {kind} NOT NULL DEFAULT nextval({counter})",
        f"{where} ALTER COLUMN {column} DROP DEFAULT",
        f"{where} ALTER COLUMN {column} ADD GENERATED {always} AS IDENTITY"
        + (f" ({options})" if options else ""),
        (
            f"SELECT setval(pg_get_serial_sequence({names}), last_value, "  # noqa: S608
            "is_called) "
            f"FROM {_COUNTER}"
        ),
        f"DROP SEQUENCE {_COUNTER}",
    )
    execute(operations, map(Text, texts))


@renderers.dispatch_for(AddIdentityColumnOp)
def _render(context: AutogenContext, op: AddIdentityColumnOp) -> list[str]:
    cost = "Writes every row anew, under a lock."
    column = alembic_render._render_column(op.column, context)  # noqa: SLF001
    prefix = context.opts["alembic_module_prefix"] or ""
    where = f", schema={op.schema!r}" if op.schema else ""
    call = f"{prefix}add_identity_column({op.table_name!r}, {column}{where})"
    return [*render.comment(cost), call]


def number_rows(plan: Plan, upgrade: ops.UpgradeOps) -> None:
    """Have identity columns added to hypertables in the way that works there.

    Args:
        plan: The comparison.
        upgrade: The revision's upgrade, holding the table operations.
    """
    for table in upgrade.ops:
        if isinstance(table, ops.ModifyTableOps):
            relation = plan.catalog.relation(table.schema, table.table_name)
            if relation in plan.catalog.dimensions:
                table.ops[:] = [_numbering(operation) for operation in table.ops]


def _numbering(operation: ops.MigrateOperation) -> ops.MigrateOperation:
    if isinstance(operation, ops.AddColumnOp) and operation.column.identity:
        names = (operation.table_name, operation.column)
        return AddIdentityColumnOp(*names, schema=operation.schema)
    if isinstance(operation, ops.DropColumnOp) and operation.to_column().identity:
        return DropIdentityColumnOp(
            operation.table_name,
            operation.column_name,
            schema=operation.schema,
            _reverse=operation._reverse,  # noqa: SLF001 (as Alembic's own reverse does)
        )
    return operation
