"""The SQL of operations, written instead of run."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from alembic.operations import MigrateOperation
    from sqlalchemy import Dialect


DIALECT: Final[Dialect] = make_url("postgresql+psycopg2://").get_dialect()(
    paramstyle="named",  # type: ignore[call-arg] # keeps % as it is
)
"""How PostgreSQL writes types, names and constraints."""


class _Statements(StringIO):
    """Takes one statement a `write`, as Alembic's offline mode does."""

    def __init__(self) -> None:
        super().__init__()
        self.list: list[str] = []

    def write(self, text: str) -> int:
        self.list.append(text.strip())
        return len(text)


def written(run: Callable[[Operations], object]) -> list[str]:
    """Collect the statements of what runs in Alembic's offline mode.

    Args:
        run: Invokes operations; revisions may use `alembic.op` in it.

    Returns:
        The statements, each with its semicolon.
    """
    buffer = _Statements()
    context = MigrationContext.configure(
        dialect=DIALECT,
        opts={
            "as_sql": True,
            "literal_binds": True,
            "output_buffer": buffer,
        },
    )
    with Operations.context(context) as operations:
        run(operations)
    return buffer.list


def sql(operations: Iterable[MigrateOperation]) -> list[str]:
    """Write operations as SQL.

    Returns:
        The statements, each with its semicolon.
    """

    def run(op: Operations) -> None:
        for operation in operations:
            op.invoke(operation)

    return written(run)
