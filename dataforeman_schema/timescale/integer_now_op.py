"""The operation that sets what counts as now, and how that is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from . import render
from .catalog import Relation
from .feature import Feature
from .integer_now import IntegerNow
from .operation import execute, placed
from .plan import Change

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from .declaration import Absent
    from .plan import Plan, Target


@Operations.register_operation("set_integer_now")
class SetIntegerNowOp(MigrateOperation):
    """Say what the integer time column of a hypertable counts as now.

    Args:
        table_name: The hypertable.
        now: The function; None leaves it as it is, for TimescaleDB cannot forget it.
        existing: The function that it has, or None.
        schema: The table's schema, or None for the first of the search path.
    """

    def __init__(
        self,
        table_name: str,
        now: IntegerNow | None,
        existing: IntegerNow | None,
        *,
        schema: str | None = None,
    ) -> None:
        self.table_name = table_name
        self.now = now
        self.existing = existing
        self.schema = schema

    @classmethod
    def set_integer_now(
        cls,
        operations: Operations,
        table_name: str,
        *,
        function: str,
        function_schema: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Say what the integer time column of a hypertable counts as now.

        The reverse sets the function that was there before; where there was none it
        does nothing, for TimescaleDB cannot forget the function.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            function: The name of a stable function that returns the present.
            function_schema: The function's schema, or None.
            schema: The table's schema, or None for the first of the search path.
        """
        now = IntegerNow(function, function_schema)
        operations.invoke(cls(table_name, now, None, schema=schema))

    def reverse(self) -> SetIntegerNowOp:
        """Return the operation that sets the function that was there before.

        Returns:
            The reverse; it does nothing where there was none.
        """
        states = (self.existing, self.now)
        return SetIntegerNowOp(self.table_name, *states, schema=self.schema)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``.

        Returns:
            A name, the table and its schema, what it has and what it shall have.
        """
        states = (self.existing, self.now)
        return ("modify_integer_now", self.table_name, self.schema, *states)


@Operations.implementation_for(SetIntegerNowOp)
def _set(operations: Operations, op: SetIntegerNowOp) -> None:
    if op.now is not None:
        execute(
            operations, op.now.addition(op.table_name, placed(operations, op.schema))
        )


@renderers.dispatch_for(SetIntegerNowOp)
def _render(context: AutogenContext, op: SetIntegerNowOp) -> list[str]:
    if op.now is None:
        return []
    call = render.call(
        context,
        "set_integer_now",
        op.table_name,
        function=op.now.function,
        function_schema=op.now.schema,
        schema=op.schema,
    )
    return [call]


def compare_integer_now(
    plan: Plan, target: Target, declared: IntegerNow | Absent | None
) -> None:
    """Plan what brings the function of an integer time column to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable.
        declared: The declaration; `Absent` and None leave the function as it is.
    """
    dimensions = plan.catalog.dimensions.get(target.relation)
    name = dimensions[0].now_function if dimensions else None
    live = IntegerNow(name) if name else None
    wanted = declared if isinstance(declared, IntegerNow) else live
    if live and wanted and live.function == wanted.function:
        live = wanted
    where, schema = target.name, target.schema
    change = Change(
        rank=target.rank + 1,
        label="integer now",
        live=live,
        wanted=wanted,
        add=lambda new: SetIntegerNowOp(where, new, None, schema=schema),
        drop=lambda old: SetIntegerNowOp(where, None, old, schema=schema),
        alter=lambda old, new: SetIntegerNowOp(where, new, old, schema=schema),
    )
    plan.plan_change(target, change)


def read_integer_now(plan: Plan, target: Target) -> IntegerNow | None:
    """Read the function of an integer time column, as models declare it."""
    first = plan.catalog.dimensions[target.relation][0]
    if first.now_function is None:
        return None
    function = Relation(first.now_schema or "", first.now_function)
    return IntegerNow(function.name, plan.catalog.declared_schema(function))


FEATURE: Final = Feature(IntegerNow, compare_integer_now, read_integer_now)
