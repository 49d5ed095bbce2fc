"""Who keeps a migration waiting for a table: asked while it waits.

Afterwards nobody can tell: a statement needs tables that it does not name, such as
those that a dropped one refers to, and not every session that uses them is in the way.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, cast

import psycopg2

from dataforeman_schema.connection import connect_again, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812
    from sqlalchemy import Connection

_BLOCKERS: Final = """
SELECT string_agg(
    CASE blocker WHEN 0 THEN format(
        'the prepared transaction %%s',
        (SELECT string_agg(quote_literal(gid), ', ') FROM pg_prepared_xacts
         WHERE database = current_database()))
    ELSE format(
        'pid %%s (%%s, in a transaction %%s)', blocker,
        coalesce(nullif(application_name, ''), 'no application name'),
        coalesce('since ' || date_trunc('second', xact_start), 'for an unknown time'))
    END, '; ')
    || coalesce(' holding ' || (
        SELECT string_agg(relation::regclass::text, ', ') FROM pg_locks
        WHERE pid = %(waiting)s AND NOT granted AND locktype = 'relation'), '')
FROM (SELECT DISTINCT unnest(pg_blocking_pids(%(waiting)s)) AS blocker) AS blockers
LEFT JOIN pg_stat_activity ON pid = blocker
"""


class BlockerMonitor:
    """Looks again and again at who keeps a session waiting.

    Attributes:
        blockers: The sessions that were seen last, in words.
    """

    def __init__(self, watched: Psycopg2Connection, every_s: float) -> None:
        self.blockers = "a session that could not be named"
        self._watched = watched
        self._every_s = every_s
        self._end = Event()

    def run(self) -> None:
        """Look until the end, over a connection that is opened after a while."""
        try:
            if not self._end.wait(self._every_s):
                with closing(connect_again(self._watched)) as connection:
                    self._probe(connection)
        except psycopg2.Error as error:  # perhaps there is no connection to spare
            self.blockers += f" ({one_line(str(error))})"

    def stop(self) -> None:
        """Look no more."""
        self._end.set()

    def _probe(self, connection: Psycopg2Connection) -> None:
        connection.autocommit = True
        self.blockers = "a session that was gone before it was seen"
        cursor = connection.cursor()
        while True:
            cursor.execute(_BLOCKERS, {"waiting": self._watched.info.backend_pid})
            [(blockers,)] = cursor.fetchall()
            self.blockers = blockers or self.blockers
            if self._end.wait(self._every_s):
                return


@contextmanager
def monitor_blockers(
    connection: Connection, every_s: float
) -> Iterator[BlockerMonitor]:
    """Look, during a block, at who keeps a connection waiting.

    A server with a single session, which has no process ids, is not asked.

    Args:
        connection: The connection that the block uses.
        every_s: The pause between two looks, in seconds; shorter than its waits.

    Yields:
        What is seen.
    """
    driver = cast("Psycopg2Connection", connection.connection.driver_connection)
    monitor = BlockerMonitor(driver, every_s)
    thread = Thread(target=monitor.run, daemon=True)
    if driver.info.backend_pid:
        thread.start()
    try:
        yield monitor
    finally:
        monitor.stop()
