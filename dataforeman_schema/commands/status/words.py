"""Writing the state of a database for people, in lines and in tables alike."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from dataforeman_schema.commands.status.activity_state import JobStatus
    from dataforeman_schema.commands.status.state import HistoryStep, Status, Table

_PLAIN: Final = "its tables are plain; upgrade converts them where TimescaleDB is there"
_RESTORING: Final = (
    "in restoring mode: reads miss rows, and nothing can be written until SELECT "
    "timescaledb_post_restore()"
)


def server(status: Status) -> str:
    """Name the server's versions, and say what is not as it seems."""
    extension = f", TimescaleDB {status.timescaledb}" if status.timescaledb else ""
    plainly = f"; {_PLAIN}" if status.plain else ""
    restoring = f"; {_RESTORING}" if status.restoring else ""
    replica = ", a replica" if status.replica else ""
    return f"PostgreSQL {status.postgresql}{extension}{replica}{plainly}{restoring}"


def revision(status: Status) -> str:
    """Say where the database is and what an upgrade would run."""
    # Before the first revision all are pending.
    unseen = not (status.current or status.pending)
    current = "?" if unseen else ", ".join(status.current) or "none"
    pending = f", pending: {', '.join(status.pending)}" if status.pending else ""
    return f"{current} (head {status.head}{pending})"


def when(step: HistoryStep) -> str:
    """Write when something happened, for people."""
    return "?" if step.applied_at is None else f"{step.applied_at:%Y-%m-%d %H:%M:%S %z}"


def milliseconds(step: HistoryStep) -> str:
    """Write how long a step took, for people."""
    return "?" if step.duration_ms is None else f"{step.duration_ms:.0f}"


def size(number: int) -> str:
    """Write a number of bytes for people, to three digits or more."""
    unit = "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if number < 10_000:  # noqa: PLR2004 - four digits are readable
            break
        number, unit = number // 1024, bigger
    return f"{number} {unit}"


def moment(at: datetime | None, otherwise: str = "?") -> str:
    """Write when something happens or happened, for people."""
    return otherwise if at is None else f"{at:%Y-%m-%d %H:%M:%S %z}"


def some_bytes(number: float | None) -> str:
    """Write a number of bytes that may not be known."""
    return "?" if number is None else size(int(number))


def ratio(times: float | None) -> str:
    """Write how many times smaller something became."""
    return "-" if times is None else f"{times:.1f} x"


def rows(table: Table) -> str:
    """Write about how many rows a table has."""
    return "?" if table.rows is None else f"{table.rows:,}"


def rate(rows_per_second: float | None) -> str:
    """Write how many rows came a second."""
    if rows_per_second is None:
        return "?"
    few = rows_per_second < 100  # noqa: PLR2004 - where three digits have a fraction
    return f"{rows_per_second:.3g}/s" if few else f"{rows_per_second:,.0f}/s"


def duration(seconds: float | None) -> str:
    """Write a time span as days, hours, minutes and seconds."""
    if seconds is None:
        return "?"
    return str(timedelta(seconds=int(seconds)))


def job(of: JobStatus) -> str:
    """Name a job by what it runs and on what."""
    return f"{of.procedure} of {of.table}" if of.table else of.procedure


def disk(status: Status) -> str:
    """Say what the database takes, how it grows and when that is too much."""
    taken = f"{size(status.bytes)} on disk"
    growth = status.growth_bytes_per_day
    if growth is not None:
        taken += f", growing {size(int(growth))} a day"
    if status.disk_bytes is None:
        return taken
    if status.days_until_full is None:
        return f"{taken}; {size(status.disk_bytes)} do for now"
    return (
        f"{taken}; {size(status.disk_bytes)} full in {status.days_until_full:,.0f} days"
    )
