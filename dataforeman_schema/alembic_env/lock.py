"""One migration at a time: an advisory lock on the migration's own connection."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import chain, repeat
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from dataforeman_schema.alembic_env.options import WAITS
from dataforeman_schema.databases import LOCK_KEY
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_HOLDER = text(
    "SELECT format('pid %s (%s, connected %s)', pid,"
    " coalesce(nullif(application_name, ''), 'no application name'),"
    " coalesce('since ' || date_trunc('second', backend_start), 'at an unknown time'))"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND (classid::bigint << 32 | objid::bigint) = :key"
    " AND pg_locks.database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)


@contextmanager
def migration_lock(connection: Connection, wait_s: float) -> Iterator[float]:
    """Hold the database's migration lock; the server frees it if the process dies.

    No transaction is open on the connection when the block begins.

    Args:
        connection: The connection that migrates.
        wait_s: How long to wait for another migration to end, in seconds.

    Yields:
        What is left of that time, in seconds.

    Raises:
        SchemaError: Another session still holds the lock; the message names it.
    """
    left_s = _wait(connection, wait_s)
    try:
        yield left_s
    finally:
        connection.rollback()
        if not connection.invalidated:  # the lock goes with a lost connection
            connection.execute(select(func.pg_advisory_unlock(LOCK_KEY)))
            connection.commit()


def _wait(connection: Connection, wait_s: float) -> float:
    # A statement that waits would be waited for by CREATE INDEX CONCURRENTLY, and could
    # not be interrupted.
    deadline = time.monotonic() + wait_s
    for pause in chain((0.05, 0.1, 0.2), repeat(0.5)):
        if connection.scalar(select(func.pg_try_advisory_lock(LOCK_KEY))):
            connection.commit()
            break
        holder = _holder(connection)
        connection.commit()
        left = deadline - time.monotonic()
        if left <= 0:
            raise SchemaError(
                f"another migration is at work: {holder}, waited {wait_s:g} s for it; "
                "wait for it to end, or end it with pg_terminate_backend(pid)"
            )
        WAITS.info("Another migration is at work: %s", holder)
        time.sleep(min(pause, left))
    return max(0, deadline - time.monotonic())


def _holder(connection: Connection) -> str:
    return connection.scalar(_HOLDER, {"key": LOCK_KEY}) or "a session that just ended"
