"""Reading the jobs that run somebody's own procedures."""

# ruff: noqa: S608 (what is put into the query is PARTS and a table of the server's)

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, text

from .interval import PARTS, from_catalog
from .job_state import JobState
from .job_statement import SERVERS_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Row

# The view of the jobs lacks the time zone; their table is elsewhere in older releases.
_TABLE: Final = text("""
    SELECT coalesce(to_regclass('_timescaledb_catalog.bgw_job'),
                    to_regclass('_timescaledb_config.bgw_job'))::text
""")

_JOBS: Final = f"""
    SELECT id, application_name, proc_schema, proc_name, config, initial_start,
           fixed_schedule, timezone, scheduled, max_retries, check_schema, check_name,
           {PARTS.format("schedule_interval")} AS schedule_interval,
           {PARTS.format("max_runtime")} AS max_runtime,
           {PARTS.format("retry_period")} AS retry_period
      FROM {{}}
     WHERE id >= 1000 AND proc_schema !~ '^_timescaledb_'
     ORDER BY id
"""
_SPANS: Final = ("schedule_interval", "max_runtime", "retry_period")


def read_user_jobs(
    connection: Connection, declared_schema: Callable[[str], str | None]
) -> Iterator[tuple[str, str, JobState]]:
    """Read the jobs that run somebody's own procedures.

    Args:
        connection: A connection that may read the catalog.
        declared_schema: Says how models write a schema.

    Yields:
        The schema and name of the procedure, and what is set of the job, the oldest
        first.
    """
    table = connection.scalar(_TABLE)
    types: dict[str, Any] = dict.fromkeys(("config", *_SPANS), JSON)
    for row in connection.execute(text(_JOBS.format(table)).columns(**types)):
        yield row.proc_schema, row.proc_name, _state(row, declared_schema)


def _state(row: Row[Any], declared_schema: Callable[[str], str | None]) -> JobState:
    spans = {name: from_catalog(getattr(row, name)) for name in _SPANS}
    name = row.application_name.removesuffix(f" [{row.id}]")
    start = row.initial_start
    return JobState(
        name=None if name == SERVERS_NAME else name,
        config=row.config,
        initial_start=None if start is None else start.astimezone(UTC),
        fixed_schedule=row.fixed_schedule,
        timezone=row.timezone,
        scheduled=row.scheduled,
        max_retries=row.max_retries,
        check_config=row.check_name or None,
        check_schema=declared_schema(row.check_schema) if row.check_name else None,
        **spans,
    )
