"""The primary key of a table that becomes a hypertable: its columns must be in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy import inspect

from . import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations import MigrateOperation
    from sqlalchemy import Connection, Table

    from .hypertable import Hypertable
    from .plan import Plan, Target

_RANK = 0  # after the table operations, before the hypertable


def compare_key(
    plan: Plan, connection: Connection, target: Target, table: Table, wanted: Hypertable
) -> None:
    """Plan the change of a primary key that lacks a partitioning column.

    Alembic does not compare primary keys; TimescaleDB refuses such a one.

    Args:
        plan: The comparison.
        connection: A connection to the database.
        target: The table, which is there and is to become a hypertable.
        table: The model.
        wanted: What it shall be.
    """
    live = inspect(connection).get_pk_constraint(
        target.name, schema=target.relation.schema
    )
    columns = live["constrained_columns"]
    declared = [column.name for column in table.primary_key.columns]
    if not columns or columns == declared or set(wanted.dimensions) <= set(columns):
        return
    for operation in _replacement(target, str(live["name"]), columns, table):
        plan.create(_RANK, operation)


def changes_key(upgrade: ops.UpgradeOps, table_name: str) -> bool:
    """Say whether the table operations change the keys of a table already."""
    return any(
        getattr(operation, "constraint_type", None) == "primary"
        or isinstance(operation, ops.CreatePrimaryKeyOp)
        or getattr(operation, "kind", None) == "constraints"
        for table in upgrade.ops
        if isinstance(table, ops.ModifyTableOps) and table.table_name == table_name
        for operation in table.ops
    )


class _CreateKeyOp(ops.CreatePrimaryKeyOp):
    """Make a primary key, written into a revision: Alembic writes none."""

    def reverse(self) -> _DropKeyOp:
        """Return the operation that drops it."""
        return _DropKeyOp(
            str(self.constraint_name),
            self.table_name,
            "primary",
            schema=self.schema,
            _reverse=self,
        )


class _DropKeyOp(ops.DropConstraintOp):
    """Drop a primary key, which the reverse makes again."""

    def reverse(self) -> _CreateKeyOp:
        """Return the operation that makes it."""
        assert isinstance(self._reverse, _CreateKeyOp)  # noqa: S101 (made so here)
        return self._reverse


@renderers.dispatch_for(_CreateKeyOp)
def _render(context: AutogenContext, op: _CreateKeyOp) -> str:
    names = (op.constraint_name, op.table_name, list(op.columns))
    return render.call(context, "create_primary_key", *names, schema=op.schema)


def _replacement(
    target: Target, name: str, columns: list[str], table: Table
) -> Iterator[MigrateOperation]:
    where = {"schema": target.schema}
    yield _CreateKeyOp(name, target.name, columns, **where).reverse()
    declared = [column.name for column in table.primary_key.columns]
    if declared:
        named = str(table.primary_key.name or f"{target.name}_pkey")
        yield _CreateKeyOp(named, target.name, declared, **where)
