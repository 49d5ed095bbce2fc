"""Does another session hold everybody up? Migrations hang or time out behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.findings import Check, Finding
from dataforeman_schema.databases import LOCK_HOLDERS_QUERY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.context import VerifyContext

_LOCK: Final = f"""
SELECT pid, application, since FROM ({LOCK_HOLDERS_QUERY}) AS holder WHERE
coalesce(backend_start < clock_timestamp() - :max_age * interval '1 second', true)
"""
# Who has only read holds up no reader, but every migration.
_BLOCKERS: Final = """
WITH waits AS (
  SELECT DISTINCT pid AS waiter, unnest(pg_blocking_pids(pid)) AS pid
  FROM pg_locks WHERE NOT granted AND locktype <> 'advisory'
), tables AS (
  SELECT pid, string_agg(DISTINCT relname, ', ' ORDER BY relname) AS names
  FROM pg_locks JOIN pg_class ON pg_class.oid = relation
  WHERE granted AND relnamespace = quote_ident(current_schema())::regnamespace
  AND relkind IN ('r', 'p')
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  GROUP BY 1
)
SELECT pid, coalesce(nullif(application_name, ''), 'no application name'),
  coalesce(date_trunc('second', xact_start)::text, 'an unknown time'), names,
  (SELECT count(*) FROM waits WHERE waits.pid = a.pid)
FROM pg_stat_activity AS a JOIN tables USING (pid)
WHERE pid <> pg_backend_pid()
AND coalesce(xact_start < clock_timestamp() - :max_age * interval '1 second', true)
AND (state LIKE 'idle in transaction%' OR pid IN (SELECT waits.pid FROM waits))
ORDER BY 1
"""


def check_sessions(context: VerifyContext) -> Iterator[Finding]:
    """Find sessions that hold the migration lock or tables for too long."""
    for row in context.rows(_LOCK, max_age=context.max_lock_age_s):
        pid, application, since = row
        yield Finding(
            Check.MIGRATION_LOCK,
            f"session {pid} ({application})",
            f"it holds the migration lock, and is connected since {since}",
            "every other migration waits, then gives up; the core service hangs at its "
            "start",
            f"SELECT pg_terminate_backend({pid});",
        )
    for row in context.rows(_BLOCKERS, max_age=context.max_lock_age_s):
        pid, application, since, tables, waiters = row
        yield Finding(
            Check.SESSION,
            f"session {pid} ({application})",
            f"it holds {tables} in a transaction open since {since}; "
            f"sessions that wait for it: {waiters}",
            "migrations time out behind it, and services that use these tables hang",
            f"SELECT pg_terminate_backend({pid});",
        )
