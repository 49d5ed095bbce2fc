"""The state of the databases in Prometheus' text format."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dataforeman_schema.commands.status.state import Status, Unreachable
from dataforeman_schema.printable import printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from dataforeman_schema.commands.status.activity_state import JobStatus
    from dataforeman_schema.commands.status.state import HypertableStatus


class Sample(NamedTuple):
    """A value of a metric, with its labels; one that is not known is left out."""

    name: str
    value: float | None
    labels: dict[str, str]


class Metric(NamedTuple):
    """What a metric is, by its name without the prefix."""

    type: str
    help: str


PREFIX = "dataforeman_"
METRICS = {
    "up": Metric("gauge", "Whether the database could be looked at."),
    "info": Metric("gauge", "1, with the versions and the revision as labels."),
    "pending_revisions": Metric("gauge", "Revisions that an upgrade would run."),
    "restoring": Metric("gauge", "Whether a restore has not been finished."),
    "database_size_bytes": Metric("gauge", "What the database takes on disk."),
    "disk_size_bytes": Metric("gauge", "What it may take, as --disk says."),
    "disk_full_seconds": Metric("gauge", "Time until it takes that, as it grows."),
    "table_rows": Metric("gauge", "Estimated rows of a table."),
    "hypertable_size_bytes": Metric("gauge", "Size of a hypertable with indexes."),
    "hypertable_chunks": Metric("gauge", "Chunks of a hypertable."),
    "hypertable_columnstore_chunks": Metric("gauge", "Those in the columnstore."),
    "hypertable_columnstore_before_bytes": Metric(
        "gauge", "What chunks in the columnstore took before."
    ),
    "hypertable_columnstore_size_bytes": Metric(
        "gauge", "What chunks in the columnstore took when they had moved there."
    ),
    "hypertable_written_bytes_per_day": Metric(
        "gauge", "What the chunks of the last week took a day as rows."
    ),
    "hypertable_growth_bytes_per_day": Metric(
        "gauge", "What stays of that once it is in the columnstore."
    ),
    "hypertable_oldest_reading_timestamp_seconds": Metric(
        "gauge", "Time of the oldest row."
    ),
    "hypertable_newest_reading_timestamp_seconds": Metric(
        "gauge", "Time of the newest row."
    ),
    "hypertable_rows_per_second": Metric("gauge", "Rows of the last hour a second."),
    "job_runs_total": Metric("counter", "How often a job ran."),
    "job_failures_total": Metric("counter", "How often a job failed."),
    "job_failed": Metric("gauge", "Whether the last run of a job failed."),
    "job_scheduled": Metric("gauge", "Whether a job runs by itself."),
    "job_last_run_timestamp_seconds": Metric("gauge", "When a job began last."),
    "job_last_run_duration_seconds": Metric("gauge", "How long that took."),
    "job_next_run_timestamp_seconds": Metric("gauge", "When a job is due."),
    "aggregate_behind_seconds": Metric(
        "gauge", "From the end of what an aggregate has materialized to now."
    ),
    "replica_behind_bytes": Metric("gauge", "What a replica has not replayed yet."),
    "replica_behind_seconds": Metric(
        "gauge", "How long ago what a replica replayed last was written."
    ),
}


def metrics(found: list[Status | Unreachable]) -> str:
    """Write all metrics; of a database that could not be looked at, that it is down."""
    samples = [sample for each in found for sample in _samples(each)]
    return "".join(line for name in METRICS for line in _family(name, samples))


def _family(name: str, samples: list[Sample]) -> Iterator[str]:
    own = [each for each in samples if each.name == name and each.value is not None]
    if not own:
        return
    yield f"# HELP {PREFIX}{name} {METRICS[name].help}\n"
    yield f"# TYPE {PREFIX}{name} {METRICS[name].type}\n"
    for _, value, labels in own:
        pairs = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
        yield f"{PREFIX}{name}{{{pairs}}} {float(value or 0)!r}\n"


def _escape(text: str) -> str:
    # Escaped before the whole is printed, where a backslash would be no label's.
    text = printable_lines(text)
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _samples(found: Status | Unreachable) -> Iterator[Sample]:
    labels = {"database": found.database}
    if isinstance(found, Unreachable):
        yield Sample("up", 0, labels)
        return
    versions = {
        "postgresql": found.postgresql,
        "timescaledb": found.timescaledb or "",
        "revision": " ".join(found.current),
        "head": found.head,
    }
    days = found.days_until_full
    yield Sample("up", 1, labels)
    yield Sample("info", 1, labels | versions)
    if found.current or found.pending:  # or the role may not see it
        yield Sample("pending_revisions", len(found.pending), labels)
    yield Sample("restoring", found.restoring, labels)
    yield Sample("database_size_bytes", found.bytes, labels)
    yield Sample("disk_size_bytes", found.disk_bytes, labels)
    yield Sample("disk_full_seconds", None if days is None else days * 86_400, labels)
    for table in found.tables:
        yield Sample("table_rows", table.rows, labels | {"table": table.name})
    for hypertable in found.hypertables:
        yield from _hypertable(hypertable, labels | {"hypertable": hypertable.name})
    for job in found.jobs:
        yield from _job(job, labels)
    yield from _behind(found, labels)


def _hypertable(of: HypertableStatus, labels: dict[str, str]) -> Iterator[Sample]:
    values = {
        "size_bytes": of.bytes,
        "chunks": of.chunks,
        "columnstore_chunks": of.columnstore_chunks,
        "columnstore_before_bytes": of.columnstore_before_bytes,
        "columnstore_size_bytes": of.columnstore_bytes,
        "written_bytes_per_day": of.written_bytes_per_day,
        "growth_bytes_per_day": of.growth_bytes_per_day,
        "oldest_reading_timestamp_seconds": _seconds(of.oldest_reading),
        "newest_reading_timestamp_seconds": _seconds(of.newest_reading),
        "rows_per_second": of.rows_per_second,
    }
    for name, value in values.items():
        yield Sample(f"hypertable_{name}", value, labels)


def _job(job: JobStatus, labels: dict[str, str]) -> Iterator[Sample]:
    labels = labels | {
        "job": str(job.id),
        "procedure": job.procedure,
        "table": job.table or "",
    }
    values = {
        "runs_total": job.runs,
        "failures_total": job.failures,
        "failed": job.last_status == "Failed",
        "scheduled": job.scheduled,
        "last_run_timestamp_seconds": _seconds(job.last_run),
        "last_run_duration_seconds": job.last_duration_s,
        "next_run_timestamp_seconds": _seconds(job.next_run),
    }
    for name, value in values.items():
        yield Sample(f"job_{name}", value, labels)


def _behind(status: Status, labels: dict[str, str]) -> Iterator[Sample]:
    for each in status.aggregates:
        of = labels | {"aggregate": each.name}
        yield Sample("aggregate_behind_seconds", each.behind_s, of)
    # Replicas of one name would be the same series.
    for number, standby in enumerate(status.standbys, 1):
        of = labels | {"replica": standby.name, "number": str(number)}
        yield Sample("replica_behind_bytes", standby.behind_bytes, of)
        yield Sample("replica_behind_seconds", standby.behind_s, of)


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
