"""Waiting for tables that other sessions hold, without holding up those that wait."""

from __future__ import annotations

import logging
import random
import time
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from dataforeman_schema.alembic_env.options import Options

log = logging.getLogger("alembic.dataforeman.patience")

_BLOCKERS = text(
    "SELECT string_agg(DISTINCT format('pid %s (%s, in a transaction %s) holding %s',"
    " pid, coalesce(nullif(application_name, ''), 'no application name'),"
    " coalesce('since ' || date_trunc('second', xact_start), 'for an unknown time'),"
    " relation::regclass), '; ')"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " JOIN pg_class ON pg_class.oid = relation"
    " WHERE granted AND locktype = 'relation' AND pid <> pg_backend_pid()"
    " AND relkind IN ('r', 'p') AND relnamespace <> 'pg_catalog'::regnamespace"
    " AND pg_locks.database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND position(relname IN :statement) > 0"
)


def run_patiently(
    connection: Connection,
    options: Options,
    deadline: float,
    migrate: Callable[[], None],
) -> None:
    """Run migrations, and again as long as a statement meets a locked table.

    A statement waits only briefly for a table, since every session that comes after it
    waits behind it; the revision is then rolled back and tried again after a pause. So
    it is when the server rolls it back to end a deadlock with another session.

    Args:
        connection: The connection that `migrate` uses, with no transaction open; its
            own timeouts hold again afterwards.
        options: How long to wait for one statement and in all.
        deadline: When, on the monotonic clock, the whole wait is over.
        migrate: Runs what is still to be run, each revision in its own transaction.

    Raises:
        SchemaError: A table stayed locked; the message names the sessions.
    """
    with _limits(connection, options):
        for pause in _pauses():
            try:
                return migrate()
            except OperationalError as error:
                connection.rollback()
                if not isinstance(error.orig, (LockNotAvailable, DeadlockDetected)):
                    raise
                _pause(connection, error.statement or "", options, deadline, pause)
    return None


def _pause(
    connection: Connection,
    statement: str,
    options: Options,
    deadline: float,
    pause: float,
) -> None:
    blockers = find_blockers(connection, statement)
    left = deadline - time.monotonic()
    if left <= 0:
        raise SchemaError(
            f"a table stayed locked by {blockers}, waited {options.lock_wait:g} s in "
            "all; end that transaction, with pg_terminate_backend(pid) if need be, "
            "and run the command again"
        ) from None
    log.info("Waiting %.1f s for a table locked by %s", min(pause, left), blockers)
    time.sleep(min(pause, left))


@contextmanager
def _limits(connection: Connection, options: Options) -> Iterator[None]:
    names = ("lock_timeout", "statement_timeout")
    limits = {name: str(int(getattr(options, name) * 1000)) for name in names}
    before = _set(connection, limits)
    try:
        yield
    finally:
        connection.rollback()
        if not connection.invalidated:
            _set(connection, before)


def _set(connection: Connection, values: Mapping[str, str]) -> dict[str, str]:
    """Change settings of the session, and return what they were."""
    before: dict[str, str] = {}
    for name, value in values.items():
        before[name] = str(connection.scalar(select(func.current_setting(name))))
        connection.execute(select(func.set_config(name, value, False)))  # noqa: FBT003 - a session's, not a transaction's
    connection.commit()
    return before


def _pauses() -> Iterator[float]:
    """Yield growing pauses in seconds; jitter keeps two waiters from keeping step."""
    for attempt in count():
        yield min(0.25 * 2**attempt, 5) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


def find_blockers(connection: Connection, statement: str) -> str:
    """Describe the sessions that hold a table which a statement names.

    Args:
        connection: A connection without a transaction; it has none afterwards.
        statement: The statement that could not have the table.
    """
    found = connection.scalar(_BLOCKERS, {"statement": statement})
    connection.rollback()
    return found or "a session that just ended"
