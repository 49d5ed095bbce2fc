"""Waiting for tables that other sessions hold, without holding up those that wait."""

from __future__ import annotations

import logging
import random
import time
from itertools import count
from typing import TYPE_CHECKING

from psycopg2.errors import LockNotAvailable
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    connection: Connection, options: Options, migrate: Callable[[], None]
) -> None:
    """Run migrations, and again as long as a statement meets a locked table.

    A statement waits only briefly for a table, since every session that comes after it
    waits behind it; the revision is then rolled back and tried again after a pause.

    Args:
        connection: The connection that `migrate` uses, with no transaction open.
        options: How long to wait for one statement and in all.
        migrate: Runs what is still to be run, each revision in its own transaction.

    Raises:
        SchemaError: A table stayed locked; the message names the sessions.
    """
    deadline = time.monotonic() + options.lock_wait
    _limit(connection, options)
    for pause in _pauses():
        try:
            return migrate()
        except OperationalError as error:
            connection.rollback()
            if not isinstance(error.orig, LockNotAvailable):
                raise
            blockers = find_blockers(connection, error.statement or "")
            if time.monotonic() + pause > deadline:
                raise SchemaError(
                    f"a table stayed locked for {options.lock_wait:g} s by {blockers}; "
                    "end that transaction, with pg_terminate_backend(pid) if need be, "
                    "and run the command again"
                ) from None
            log.info("Waiting %.1f s for a table locked by %s", pause, blockers)
            time.sleep(pause)
    return None


def _limit(connection: Connection, options: Options) -> None:
    for name in ("lock_timeout", "statement_timeout"):
        milliseconds = str(int(getattr(options, name) * 1000))
        connection.execute(select(func.set_config(name, milliseconds, False)))  # noqa: FBT003 - a session's, not a transaction's
    connection.commit()


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
