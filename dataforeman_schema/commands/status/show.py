"""Showing the state of the databases, to people and to programs."""

from __future__ import annotations

import sys
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.commands.status.state import Status, Unreachable
from dataforeman_schema.errors import CouldNotLookError
from dataforeman_schema.output import echo
from dataforeman_schema.printable import printable_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.status.state import HistoryStep, HypertableStatus

_PLAIN: Final = "its tables are plain; upgrade converts them where TimescaleDB is there"
_RESTORING: Final = (
    "in restoring mode: reads miss rows, and nothing can be written until SELECT "
    "timescaledb_post_restore()"
)


def show(found: list[Status | Unreachable], *, as_json: bool) -> None:
    """Print the state of the databases.

    Args:
        found: One a database.
        as_json: Whether for programs; docs/commands.md lists the keys. People get
            tables on a terminal, lines elsewhere.

    Raises:
        CouldNotLookError: There is a database that could not be looked at.
    """
    statuses = [each for each in found if isinstance(each, Status)]
    if as_json:
        databases = {"databases": [_keys(each) for each in found]}
        print_json(databases)
    elif sys.stdout and sys.stdout.isatty():
        from dataforeman_schema.commands.status.terminal import draw  # noqa: PLC0415

        draw([printable_parts(status) for status in statuses])
    else:
        for line in [line for status in statuses for line in _lines(status)]:
            echo(line)
    if errors := [each.error for each in found if isinstance(each, Unreachable)]:
        raise CouldNotLookError("; and ".join(errors))


def _keys(found: Status | Unreachable) -> dict[str, object]:
    """Give every database the same keys; what is not known of it is null."""
    return dict.fromkeys(field.name for field in fields(Status)) | asdict(found)


def server(status: Status) -> str:
    """Name the server's versions, and say what is not as it seems."""
    extension = f", TimescaleDB {status.timescaledb}" if status.timescaledb else ""
    plainly = f"; {_PLAIN}" if status.plain else ""
    restoring = f"; {_RESTORING}" if status.restoring else ""
    return f"PostgreSQL {status.postgresql}{extension}{plainly}{restoring}"


def revision(status: Status) -> str:
    """Say where the database is and what an upgrade would run."""
    current = ", ".join(status.current) or "none"
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


def _lines(status: Status) -> Iterator[str]:
    names = ", ".join(table.name for table in status.tables) or "none"
    yield f"{status.title}: {status.place}"
    yield f"  server    {server(status)}"
    yield f"  revision  {revision(status)}"
    for step in status.history:
        did = f"{step.direction} {step.revision} ({milliseconds(step)} ms)"
        yield f"  history   {when(step)} {did}, by release {step.package_version}"
    yield f"  {len(status.tables)} tables: {names}"
    for table in status.hypertables:
        yield (
            f"  hypertable {table.name}: by {table.time_column}, chunk interval "
            f"{table.chunk_interval}, {table.chunks} chunks, {size(table.bytes)}, "
            f"columnstore {'on' if table.columnstore else 'off'}{_policies(table)}"
        )


def _policies(of: HypertableStatus) -> str:
    return f", {', '.join(of.policies)}" if of.policies else ""
