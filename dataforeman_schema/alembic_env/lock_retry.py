"""Waiting for tables that other sessions hold, without holding up those that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy.exc import OperationalError

from dataforeman_schema.alembic_env.blockers import monitor_blockers
from dataforeman_schema.alembic_env.options import WAITS
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.waiting import retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

    from dataforeman_schema.alembic_env.options import Options


def retry_locked(
    connection: Connection,
    options: Options,
    wait_s: float,
    migrate: Callable[[], None],
) -> None:
    """Run migrations, and again as long as a statement meets a locked table.

    A statement waits only briefly for a table, since every session that comes after it
    waits behind it; the revision is then rolled back and tried again after a pause. So
    it is when the server rolls it back to end a deadlock with another session.

    Args:
        connection: The connection that `migrate` uses, with no transaction open.
        options: How long to wait for one statement and in all.
        wait_s: What is left of the whole wait, in seconds; the time in which
            migrations work does not count.
        migrate: Runs what is still to be run, each revision in its own transaction.

    Raises:
        SchemaError: A table stayed locked; the message names the sessions.
    """
    left_s = wait_s
    with monitor_blockers(connection, min(options.lock_timeout / 2, 0.5)) as monitor:

        def pause(error: OperationalError, pause_s: float) -> float:
            nonlocal left_s
            connection.rollback()
            if not is_locked(error):
                raise error
            left_s -= options.lock_timeout  # it waited at most this long
            if left_s <= 0:
                raise _still_locked(monitor.blockers, options) from None
            WAITS.info("A table is locked by %s", monitor.blockers)
            pause_s = min(pause_s, left_s)
            left_s -= pause_s
            return pause_s

        retry(migrate, OperationalError, pause, (0.25, 0.5, 1, 2, 4, 5))


def is_locked(error: DBAPIError) -> bool:
    """Tell whether a statement failed only because another session was in its way."""
    return isinstance(error.orig, (LockNotAvailable, DeadlockDetected))


def _still_locked(blockers: str, options: Options) -> SchemaError:
    return SchemaError(
        f"a table stayed locked by {blockers}, waited {options.lock_wait:g} s in all; "
        "end that transaction, with pg_terminate_backend(pid) if need be, and run the "
        "command again"
    )
