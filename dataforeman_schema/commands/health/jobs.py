"""Do TimescaleDB's jobs do their work?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.comparison import aggregates
from dataforeman_schema.commands.findings import LAST, Check, Finding, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.context import VerifyContext

STARTING_S: Final = 600
"""How long a server that was off may take to catch up with its jobs."""

# A job that never ran was just made, or its server has no scheduler, as the embedded
# one: nothing tells. A paused one is a difference from the models. One that is due or
# failed once, as when its server stopped meanwhile, is about to run again. Those below
# 1000 are the extension's own, such as its telemetry, which fails without internet.
_JOBS: Final = """
SELECT job_id, proc_name, coalesce(a.hypertable_name, j.hypertable_name) AS "table",
  date_trunc('second', last_run_started_at)::text AS last_run,
  last_run_status = 'Failed' AS failed, (
    SELECT err_message FROM timescaledb_information.job_errors AS e
    WHERE e.job_id = j.job_id ORDER BY start_time DESC LIMIT 1) AS error
FROM timescaledb_information.jobs AS j
JOIN timescaledb_information.job_stats AS s USING (job_id)
JOIN _timescaledb_internal.bgw_job_stat USING (job_id)
LEFT JOIN timescaledb_information.continuous_aggregates AS a
ON (view_schema, view_name) = (j.hypertable_schema, j.hypertable_name)
WHERE scheduled AND job_id >= 1000 AND (
  last_run_status = 'Failed' AND s.next_start > now() AND consecutive_failures > 1
  OR last_run_status IS NOT NULL
  AND pg_postmaster_start_time() < now() - :starting * interval '1 second'
  AND greatest(last_run_started_at, s.next_start)
    < now() - greatest(3 * schedule_interval, interval '1 hour'))
ORDER BY 1
"""
# A chunk that is whole, and long enough in what the policy refreshes, is still to come.
_LATE: Final = """
SELECT view_name, a.hypertable_name AS "table", job_id,
  date_trunc('second', min(range_start))::text AS since
FROM timescaledb_information.continuous_aggregates AS a
JOIN _timescaledb_catalog.hypertable AS m ON (m.schema_name, m.table_name)
  = (materialization_hypertable_schema, materialization_hypertable_name)
JOIN timescaledb_information.jobs ON config ->> 'mat_hypertable_id' = m.id::text
AND proc_name = 'policy_refresh_continuous_aggregate' AND scheduled
JOIN _timescaledb_catalog.continuous_aggs_bucket_function AS b
ON b.mat_hypertable_id = m.id
JOIN _timescaledb_catalog.continuous_aggs_watermark AS w ON w.mat_hypertable_id = m.id
JOIN timescaledb_information.chunks AS c ON (c.hypertable_schema, c.hypertable_name)
  = (a.hypertable_schema, a.hypertable_name)
WHERE range_start >= greatest(_timescaledb_functions.to_timestamp(watermark),
  now() - (config ->> 'start_offset')::interval)
AND range_end < now() - greatest(3 * schedule_interval, interval '1 hour')
  - bucket_width::interval - coalesce((config ->> 'end_offset')::interval, '0')
GROUP BY 1, 2, 3 ORDER BY 1
"""


def check_jobs(context: VerifyContext) -> Iterator[Finding | Note]:
    """Find jobs that failed or do not run; of others than our tables, note them."""
    if context.extension.installed is None:
        return
    for job, procedure, table, last_run, failed, error in context.rows(
        _JOBS, starting=STARTING_S
    ):
        where = f"job {job} ({procedure}) of {table or 'no table'}"
        state = f"it fails: {error or 'see the log of the server'}"
        what = state if failed else f"it is due and did not run since {last_run}"
        if table not in context.metadata.tables:
            yield Note(Check.JOB, where, what)
            continue
        yield Finding(
            Check.JOB,
            where,
            f"{what}; the remedy has it run at once, where the server's scheduler runs",
            f"what it keeps in order grows without end: {table} takes ever more space",
            # CALL run_job(…) runs it too, and leaves its record as it is.
            f"SELECT alter_job({job}, next_start => now());",
            step=LAST,
        )


def check_aggregates(context: VerifyContext) -> Iterator[Finding | Note]:
    """Find continuous aggregates that their policies should have brought further."""
    if not aggregates(context.connection):
        return
    for view, table, job, since in context.rows(_LATE):
        where = f"continuous aggregate {view}"
        what = f"it lacks what {table} has since {since}, which its policy refreshes"
        if table not in context.metadata.tables:
            yield Note(Check.JOB, where, what)
            continue
        yield Finding(
            Check.JOB,
            where,
            what,
            "charts that read it are slow or end too early",
            f"CALL run_job({job});",
            step=LAST,
        )
