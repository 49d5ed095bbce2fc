"""One migration at a time: an advisory lock on the migration's own connection."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from dataforeman_schema.alembic_env.options import WAITS
from dataforeman_schema.databases import LOCK_HOLDERS_QUERY, LOCK_KEY
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.waiting import retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_HOLDER = text(f"""
SELECT format('pid %s (%s, connected since %s)', pid, application, since)
FROM ({LOCK_HOLDERS_QUERY}) AS holder LIMIT 1
""")  # noqa: S608 - ours


class _Taken(Exception):  # noqa: N818 - says what happened
    """Another session has the lock."""


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
    deadline = time.monotonic() + wait_s

    def take() -> None:
        # A statement that waits would be waited for by CREATE INDEX CONCURRENTLY, and
        # could not be interrupted.
        if not connection.scalar(select(func.pg_try_advisory_lock(LOCK_KEY))):
            raise _Taken
        connection.commit()

    def pause(_error: _Taken, pause_s: float) -> float:
        holder = connection.scalar(_HOLDER) or "a session that just ended"
        connection.commit()
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise SchemaError(
                f"another migration is at work: {holder}, waited {wait_s:g} s for it; "
                "wait for it to end, or end it with pg_terminate_backend(pid)"
            ) from None
        WAITS.info("Another migration is at work: %s", holder)
        return min(pause_s, left_s)

    retry(take, _Taken, pause, (0.05, 0.1, 0.2, 0.5))
    return max(0, deadline - time.monotonic())
