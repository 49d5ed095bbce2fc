"""Operations that lose what an aggregate has materialized, unless they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lost_buckets import RefuseToLoseBuckets
from .operation import execute, placed

if TYPE_CHECKING:
    from alembic.operations import Operations


def may_lose_data(operations: Operations) -> bool:
    """Say whether the command is told ``-x lose-data=yes``, or its environment is.

    An environment is with ``context.configure(may_lose_data=True)``.
    """
    context = operations.migration_context
    if context.opts.get("may_lose_data"):
        return True
    environment = context.environment_context
    told = environment.get_x_argument(as_dictionary=True) if environment else {}
    return bool(told.get("lose-data") == "yes")


def refuse_to_lose_buckets(
    operations: Operations, name: str, schema: str | None
) -> None:
    """Fail if dropping an aggregate loses rows, unless the command says it may.

    Args:
        operations: Alembic's operations; ``-x lose-data=yes`` is the command's word.
        name: The continuous aggregate.
        schema: Its schema, or None for the first of the search path.
    """
    if not may_lose_data(operations):
        statement = RefuseToLoseBuckets(name, placed(operations, schema))
        execute(operations, [statement])
