"""A downgrade does not drop rows unless it is told to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, event, func, literal, select, text

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 100_000
"""Counting stops after this many rows of a table."""


@contextmanager
def refuse_losses(*, allowed: bool) -> Iterator[None]:
    """Count the rows of every table that a block drops, and refuse at its end.

    What the block did must then be rolled back, so it runs in one transaction. Rows
    that an earlier step of the block deleted, such as seed rows, do not count. A table
    is locked before it is counted, so that no row comes in between.

    Args:
        allowed: Whether rows may be lost; then nothing is counted.

    Raises:
        SchemaError: Rows would be lost; the message counts them by table.
    """
    if allowed:
        yield
        return
    lost: dict[str, int] = {}

    def count(table: Table, connection: Connection, **_others: Any) -> None:  # noqa: ANN401
        if rows := _count(table, connection):
            lost[table.name] = rows

    event.listen(Table, "before_drop", count)
    try:
        yield
    finally:
        event.remove(Table, "before_drop", count)
    if lost:
        raise SchemaError(
            f"this downgrade would lose rows of {_list(lost)}; back them up, then run "
            "it again with -x lose-data=yes before the word downgrade"
        )


def _count(table: Table, connection: Connection) -> int:
    name = connection.dialect.identifier_preparer.format_table(table)
    connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
    # Rows that a policy hides from the owner are no less lost: better an error.
    connection.execute(text("SET LOCAL row_security = off"))
    some = select(literal(1)).select_from(table).limit(MOST).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _list(lost: dict[str, int]) -> str:
    return ", ".join(
        f"{name} ({'at least ' if rows == MOST else ''}{rows})"
        for name, rows in sorted(lost.items())
    )
