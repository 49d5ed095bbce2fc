"""Indexes on hypertables that are there already: made chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from sqlalchemy import text

from . import render
from .plan import Disposition
from .suspended import suspended_name
from .validate import check_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import ColumnElement, TextClause

    from .plan import Plan

_OPTION: Final = "timescaledb.transaction_per_chunk"
_WARNING: Final = (
    "Commits what the migration did so far and makes the index chunk by chunk, so\n"
    "that rows can be written to the others, unless something is suspended meanwhile.\n"
    "If it fails halfway, drop the index first."
)
# A server in WebAssembly, which serves one session and whose rows nobody else writes,
# fails in the second of several transactions and damages its catalog.
_IN_WEBASSEMBLY: Final = text("SELECT version() LIKE '%compiled by emcc%'")


@Operations.register_operation("create_hypertable_index")
class CreateHypertableIndexOp(ops.CreateIndexOp):
    """Create an index on a hypertable; in memory, in the transaction that there is."""

    @classmethod
    def create_hypertable_index(
        cls,
        operations: Operations,
        /,  # an option may have any name
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **options: Any,  # noqa: ANN401 (as those of op.create_index)
    ) -> None:
        """Create an index on a hypertable, each chunk in a transaction of its own.

        While a chunk has its index made, rows can be written to all others. Everything
        that the migration did before is committed first and is not rolled back if
        something fails later. If this itself fails halfway it leaves an invalid index,
        which has to be dropped before it is run again.

        A unique index is made in the migration's own transaction, for TimescaleDB asks
        for it; so is any on a server in WebAssembly, which has no other session, and
        any while something is suspended, for that must not be committed yet.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            index_name: The index.
            table_name: The hypertable.
            columns: Its columns or expressions.
            schema: The table's schema, or None for the first of the search path.
            unique: Whether it is unique.
            if_not_exists: Whether an index of that name is left as it is.
            options: What else ``op.create_index`` takes, such as ``postgresql_using``.
        """
        operation = cls(
            index_name,
            table_name,
            columns,
            schema=schema,
            unique=unique,
            if_not_exists=if_not_exists,
            **options,
        )
        if unique or not _has_transactions_per_chunk(operations.get_context()):
            operations.invoke(operation)
            return
        given = options.get("postgresql_with") or {}
        operation.kw["postgresql_with"] = {_OPTION: True} | given
        with operations.get_context().autocommit_block():
            operations.invoke(operation)

    def reverse(self) -> ops.DropIndexOp:
        """Return the operation that drops the index."""
        return DropHypertableIndexOp.from_index(self.to_index())


class DropHypertableIndexOp(ops.DropIndexOp):
    """Drop an index of a hypertable; the reverse creates it chunk by chunk."""

    def reverse(self) -> ops.CreateIndexOp:
        """Return the operation that creates the index."""
        return CreateHypertableIndexOp.from_index(self.to_index())


def _has_transactions_per_chunk(context: MigrationContext) -> bool:
    if context.opts.get("timescaledb_absent") or suspended_name(context):
        return False
    if context.as_sql or context.connection is None:
        return True
    return not context.connection.scalar(_IN_WEBASSEMBLY)


@renderers.dispatch_for(CreateHypertableIndexOp)
def _render(context: AutogenContext, op: CreateHypertableIndexOp) -> list[str]:
    plain = ops.CreateIndexOp.from_index(op.to_index())
    call: str = renderers.dispatch(plain)(context, plain)
    if context._has_batch:  # noqa: SLF001 (as Alembic's own renderers ask)
        return [call]
    by_chunk = call.replace("create_index(", "create_hypertable_index(", 1)
    return [*render.comment(_WARNING), by_chunk]


def index_by_chunk(plan: Plan, upgrade: ops.UpgradeOps) -> None:
    """Have indexes of hypertables that stay so made that rows can be written meanwhile.

    Unique ones are left as they are: TimescaleDB makes them in one transaction only.

    Args:
        plan: The comparison; it knows what the revision does to the hypertables.
        upgrade: The revision's upgrade, holding the table operations.

    Raises:
        DeclarationError: An index is to be made ``CONCURRENTLY``.
    """
    for table in upgrade.ops:
        if isinstance(table, ops.ModifyTableOps) and _stays(plan, table):
            table.ops[:] = [_by_chunk(operation) for operation in table.ops]


def _stays(plan: Plan, table: ops.ModifyTableOps) -> bool:
    relation = plan.catalog.relation(table.schema, table.table_name)
    kept = plan.dispositions.get(relation, Disposition.KEPT) is Disposition.KEPT
    return kept and relation in plan.catalog.dimensions


def _by_chunk(operation: ops.MigrateOperation) -> ops.MigrateOperation:
    if not isinstance(operation, (ops.CreateIndexOp, ops.DropIndexOp)):
        return operation
    index = operation.to_index()
    check_index(index)
    if index.unique:
        return operation
    if isinstance(operation, ops.DropIndexOp):
        return DropHypertableIndexOp.from_index(index)
    return CreateHypertableIndexOp.from_index(index)
