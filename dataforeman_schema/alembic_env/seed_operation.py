"""The data step of a release: rows that every installation gets, or no longer has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from dataforeman_schema.catalog.definitions import literally, quote

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_BACK: Final = {"add": "remove", "remove": "add", "change": "change"}


@dataclass(frozen=True)
class Insert:
    """Adds a row where it is missing, or changes one: a whole statement."""

    sql: str


@dataclass(frozen=True)
class Delete:
    """Deletes the rows of a table that meet a condition, as the guard understands."""

    table: str
    condition: str

    @property
    def lock(self) -> str:
        """What keeps others from beginning to refer to a row that goes."""
        return f"LOCK TABLE {quote(self.table)} IN EXCLUSIVE MODE"


class SeedOp(MigrateOperation):
    """Adds, changes or removes one row that every installation has.

    Args:
        verb: Which of the three.
        table: The row's table.
        name: What people call the row.
        step: What does it.
        back: What undoes it.
    """

    def __init__(
        self,
        verb: str,
        table: str,
        name: str,
        step: Insert | Delete,
        back: Insert | Delete,
    ) -> None:
        self.verb = verb
        self.table_name = table
        self.name = name
        self.step = step
        self.back = back

    def reverse(self) -> SeedOp:
        """Return the operation that undoes it."""
        verb = _BACK[self.verb]
        return SeedOp(verb, self.table_name, self.name, self.back, self.step)

    def to_diff_tuple(self) -> tuple[str, str, str]:
        """Describe the difference for ``alembic check``."""
        return (f"{self.verb}_seed_row", self.table_name, self.name)


@Operations.implementation_for(SeedOp)
def _run(operations: Operations, op: SeedOp) -> None:
    match op.step:
        case Insert(sql):
            operations.execute(literally(sql))
        case Delete(table, condition):
            operations.execute(op.step.lock)
            where = sa.text(literally(condition))
            operations.execute(sa.delete(sa.table(table)).where(where))


@renderers.dispatch_for(SeedOp)
def _render(context: AutogenContext, op: SeedOp) -> list[str]:
    alembic = context.opts["alembic_module_prefix"]
    sqlalchemy = context.opts["sqlalchemy_module_prefix"]
    match op.step:
        case Insert(sql):
            return [f"{alembic}execute({literally(sql)!r})"]
        case Delete(table, condition):
            rows = f"{sqlalchemy}delete({sqlalchemy}table({table!r}))"
            where = f"{sqlalchemy}text({literally(condition)!r})"
            return [
                f"{alembic}execute({op.step.lock!r})",
                f"{alembic}execute({rows}.where({where}))",
            ]
