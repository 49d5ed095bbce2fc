"""No migration loses rows or values unless it is told to, in either direction."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from psycopg2.errors import ActiveSqlTransaction
from sqlalchemy import Connection, Delete, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from dataforeman_schema.alembic_env.data_loss_block import (
    LOSES_DATA,
    PRESENT_QUERY,
    Baseline,
    Examined,
    data_loss_block,
    may_lose,
)
from dataforeman_schema.connection import reason
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.pinning import is_pinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import cursor as Psycopg2Cursor  # noqa: N812
    from sqlalchemy import Dialect, Table

    from dataforeman_schema.databases import Database

_REFUSAL: Final = (
    "this {command} would lose %s; back them up, then {remedy} -x lose-data=yes before "
    "the word {command}{other}"
)
_ASKS: Final = "data_loss_asks"
"""The execution option of the guard's own question."""

_NOTHING_LOST: Final = Baseline()
Lost = dict[str, dict[str, int]]
"""How many rows of which tables, and values of which columns, by ``rows``, ``values``.

What goes whole is counted up to 100,000.
"""


class Tried(SchemaError):  # noqa: N818 - says what happened
    """A migration was only tried, and is undone.

    Attributes:
        lost: What it would have lost.
        complete: Whether it was tried to its end: what commits on the way cannot be.
    """

    def __init__(self, lost: Lost, *, complete: bool) -> None:
        super().__init__("it was only tried, and nothing was changed")
        self.lost = lost
        self.complete = complete


def refusal(command: str, *, in_script: bool = False) -> str:
    """Say what would be lost, for ``%s``, and how to lose it all the same.

    Args:
        command: ``upgrade`` or ``downgrade``.
        in_script: Whether it is said by what ``--sql`` wrote.
    """
    if in_script:
        return _REFUSAL.format(command=command, remedy="write this with", other="")
    other = f", or with dataforeman-schema {command} --lose-data"
    return _REFUSAL.format(command=command, remedy="run it again with", other=other)


def examined(
    statement: str, element: object, dialect: Dialect, *, guarded: bool = True
) -> Examined:
    """Say of a statement what the guard must know.

    Args:
        statement: Its text, as it is sent.
        element: What it was compiled from, if it was.
        dialect: The server's.
        guarded: Whether it may be one that does not guard itself.
    """
    owns = ""
    if isinstance(element, Delete) and element.whereclause is not None:
        preparer = dialect.identifier_preparer
        owns = preparer.format_table(cast("Table", element.table))
    guarded = guarded and not _guards_itself(element)
    return Examined(statement.strip().removesuffix(";"), owns, guarded)


def _guards_itself(element: object) -> bool:
    return bool(getattr(element, "guards_itself", False))


def _may_lose(statement: str, element: object) -> bool:
    return may_lose(statement) and not _guards_itself(element)


def count_lost(
    connection: Connection,
    database: Database,
    statements: Sequence[Examined],
    baseline: Baseline = _NOTHING_LOST,
) -> tuple[Lost, str]:
    """Count what statements would lose, and lock it until the transaction ends.

    Nothing is changed.

    Args:
        connection: A connection with a transaction open, or in autocommit.
        database: Which of the two it is.
        statements: What would be run, in order.
        baseline: What is lost already, and how to say it.

    Returns:
        What is lost then, with what is lost already, and the message; nothing of both
        where they lose nothing more.

    Raises:
        DBAPIError: A statement fails, or rows cannot be counted.
    """
    block = data_loss_block(statements, baseline, buckets_guard(database))
    options = {"no_parameters": True, _ASKS: True}
    try:
        if _is_autocommit(connection):
            connection.exec_driver_sql(block, execution_options=options)
        else:
            with connection.begin_nested():
                connection.exec_driver_sql(block, execution_options=options)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != LOSES_DATA:
            raise
        told = cast("Any", error.orig).diag
        return json.loads(told.message_detail), told.message_primary
    return {}, ""


def buckets_guard(database: Database) -> str | None:
    """Write what refuses to lose buckets, where there can be aggregates."""
    if not database.needs_timescaledb:
        return None
    from dataforeman_schema.timescale import BUCKETS_GUARD  # noqa: PLC0415 (slow)

    return BUCKETS_GUARD


def _is_autocommit(connection: Connection) -> bool:
    return bool(getattr(connection.connection.driver_connection, "autocommit", False))


@contextmanager
def data_loss_guard(
    connection: Connection,
    database: Database,
    message: str,
    *,
    allowed: bool,
    only_tries: bool = False,
) -> Iterator[None]:
    """Refuse, before anything is committed, what rows and values a block loses.

    Counted are rows of tables that go, are emptied, or lose chunks or partitions; rows
    that others take along by their foreign keys, or that a text deletes; values of
    columns that go, but for those that are the column's constant default, or that a new
    type changes; values that foreign keys empty; and buckets of aggregates of which no
    row is left. Rows that the block deletes by a `sqlalchemy.delete` with a condition,
    such as seed rows, do not count. What is counted is locked first.

    Args:
        connection: The connection that the block uses, with its transaction open.
        database: Which of the two it is.
        message: What is said of a loss, for ``%s``, such as `refusal` writes.
        allowed: Whether anything may be lost; then nothing is counted.
        only_tries: Whether nothing is to be committed in any case.

    Raises:
        SchemaError: Rows or values would be lost; the message counts them by table.
        Tried: Nothing was to be committed.
    """
    if allowed and not only_tries:
        yield
        return
    guard = _Guard(connection, database, message, only_tries=only_tries)
    try:
        with guard.listening():
            yield
            guard.refuse(complete=True)
    except DBAPIError as error:
        if guard.lost and not isinstance(error, OperationalError):
            besides = f"{guard.message}; besides, {reason(error.orig)}"
            raise SchemaError(besides) from error
        raise


class _Guard:
    """What a block loses, as far as it has come."""

    def __init__(
        self,
        connection: Connection,
        database: Database,
        message: str,
        *,
        only_tries: bool,
    ) -> None:
        self.lost: Lost = {}
        self.message = message
        self._connection = connection
        self._database = database
        self._only_tries = only_tries
        self._baseline = Baseline(
            message, present=connection.scalar(text(PRESENT_QUERY))
        )

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Be told, during a block, of what is going to be run and committed."""
        listeners = (
            ("before_cursor_execute", self._before_execute),
            ("commit", self._before_commit),
        )
        for name, listener in listeners:
            event.listen(self._connection, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners:
                event.remove(self._connection, name, listener)

    def refuse(self, *, complete: bool = False) -> None:
        """Refuse what has been lost since the transaction began, or that it is kept."""
        if self._only_tries:
            raise Tried(self.lost, complete=complete)
        if self.lost:
            raise SchemaError(self.message)

    def _before_commit(self, connection: Connection) -> None:
        if self.lost or self._only_tries:
            # SQLAlchemy holds the transaction for ended, and would commit it next.
            connection.connection.rollback()
        self.refuse()

    def _before_execute(
        self,
        connection: Connection,
        cursor: Psycopg2Cursor,
        statement: str,
        parameters: Any,  # noqa: ANN401 - SQLAlchemy's
        *how: Any,  # noqa: ANN401 - SQLAlchemy's
    ) -> None:
        context, executemany = how
        element = getattr(context.compiled, "statement", None)
        reads = context.execution_options.get(_ASKS) or is_pinned(cursor, statement)
        if reads or not _may_lose(statement, element):
            return
        self._ask(
            [
                # As the driver sends it.
                examined(
                    cursor.mogrify(statement, each).decode(),
                    element,
                    connection.dialect,
                )
                for each in (parameters if executemany else [parameters])
            ]
        )

    def _ask(self, statements: list[Examined]) -> None:
        connection = self._connection
        so_far = replace(self._baseline, lost=self.lost)
        try:
            lost, message = count_lost(connection, self._database, statements, so_far)
        except DBAPIError as error:
            # What must be outside of a transaction is no drop but of an index.
            if _is_autocommit(connection) and isinstance(
                error.orig, ActiveSqlTransaction
            ):
                return
            raise
        if lost:
            self.lost, self.message = lost, message
        if _is_autocommit(connection):
            self.refuse()
