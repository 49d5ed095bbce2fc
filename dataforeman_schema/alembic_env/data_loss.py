"""A downgrade loses no rows and no values unless it is told to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg2.errors import DependentObjectsStillExist
from sqlalchemy import Connection, Delete, Table, event, func, literal, select, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.referrers import (
    Referrer,
    oid,
    referrers,
    table_name,
)
from dataforeman_schema.connection import reason
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 100_000
"""Counting the rows of a dropped table stops after this many."""

_IS_REFERRED_TO = text(
    "SELECT EXISTS (SELECT FROM pg_constraint"
    " WHERE contype = 'f' AND confrelid = :oid AND conrelid <> :oid)"
)


@contextmanager
def data_loss_guard(connection: Connection, *, allowed: bool) -> Iterator[None]:
    """Refuse, at the end of a block, what rows and values it lost.

    Those of every table that it drops are counted, and those that foreign keys of any
    table, also of one that no release knows, took along when others went. What the
    block did must then be rolled back, so it runs in one transaction. Rows that it
    deletes itself, by a `sqlalchemy.delete` of their table, such as seed rows, do not
    count. Tables are locked before they are counted, so that no row comes in between.

    Args:
        connection: The connection that the block uses, with its transaction open.
        allowed: Whether anything may be lost; then nothing is counted.

    Raises:
        SchemaError: Rows or values would be lost; the message counts them by table.
    """
    if allowed:
        yield
        return
    losses = _Losses(connection)
    try:
        with losses.followed():
            yield
    except DBAPIError as error:
        if losses.any and isinstance(error.orig, DependentObjectsStillExist):
            raise SchemaError(f"{losses}; besides, {reason(error.orig)}") from error
        raise
    losses.count_taken_along()
    if losses.any:
        raise SchemaError(str(losses))


class _Losses:
    """What a block loses, as far as it has come."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._referrers = referrers(connection)
        self._rows: dict[str, int] = {}
        self._values: dict[str, int] = {}

    @property
    def any(self) -> bool:
        """Whether anything was lost."""
        return bool(self._rows or self._values)

    def __str__(self) -> str:
        lists = {"rows": self._rows, "values": self._values}
        lost = " and ".join(f"{k} of {_list(v)}" for k, v in lists.items() if v)
        return (
            f"this downgrade would lose {lost}; back them up, then run it again with "
            "-x lose-data=yes before the word downgrade"
        )

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Be told, during a block, of the tables that it drops and what it deletes."""
        event.listen(Table, "before_drop", self._before_drop)
        event.listen(self._connection, "before_execute", self._before_execute)
        try:
            yield
        finally:
            event.remove(self._connection, "before_execute", self._before_execute)
            event.remove(Table, "before_drop", self._before_drop)

    def count_taken_along(self) -> None:
        """Count what foreign keys took until now."""
        for referrer in self._referrers.values():
            self._add(referrer)

    def _before_drop(
        self,
        table: Table,
        connection: Connection,
        **_others: Any,  # noqa: ANN401
    ) -> None:
        if connection is not self._connection:  # another thread's
            return
        name = table_name(connection, table)
        connection.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
        number = oid(connection, name)
        if referrer := self._referrers.pop(number, None):
            self._add(referrer)
        if _is_referred_to(connection, number):
            # The server is going to refuse the drop, and answers nothing after that.
            self.count_taken_along()
        if rows := _count(connection, table):
            self._rows[name] = self._rows.get(name, 0) + rows

    def _before_execute(
        self, connection: Connection, statement: object, *_others: object
    ) -> None:
        if isinstance(statement, Delete):
            name = table_name(connection, statement.table)
            if referrer := self._referrers.get(oid(connection, name)):
                referrer.expect(statement)

    def _add(self, referrer: Referrer) -> None:
        rows, values = referrer.losses()
        self._rows |= rows
        self._values |= values


def _is_referred_to(connection: Connection, number: int) -> bool:
    return bool(connection.scalar(_IS_REFERRED_TO, {"oid": number}))


def _count(connection: Connection, table: Table) -> int:
    # Rows that a policy hides from the owner are no less lost: better an error.
    connection.execute(text("SET LOCAL row_security = off"))
    some = select(literal(1)).select_from(table).limit(MOST).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _list(lost: dict[str, int]) -> str:
    return ", ".join(
        f"{name} ({'at least ' if rows >= MOST else ''}{rows})"
        for name, rows in sorted(lost.items())
    )
