"""Is the timescaledb extension there? Without it create_hypertable does not exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.guards import MINIMUM_TIMESCALEDB
from dataforeman_schema.commands.verify.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.subject import Subject

_QUERY: Final = """
SELECT installed_version, default_version, current_setting('server_version_num')::int
FROM pg_available_extensions WHERE name = 'timescaledb'
"""
_WHERE: Final = "extension timescaledb"
_WANTED: Final = ".".join(map(str, MINIMUM_TIMESCALEDB))
_WHY: Final = "readings are not kept in chunks: the ingestor slows down as they grow"


def check_extension(subject: Subject) -> Iterator[Finding]:
    """Find that the extension is missing or too old."""
    if not subject.database.needs_timescaledb:
        return
    found = subject.rows(_QUERY)
    if not found:
        yield _absent(subject)
        return
    installed, available, _ = found[0]
    if installed is None and subject.recorded:
        yield _not_created(available)
    elif _is_old(installed or available):
        yield _old(installed, available)


def _absent(subject: Subject) -> Finding:
    names = subject.database.variables
    return Finding(
        "extension",
        _WHERE,
        "the server does not have it, so function create_hypertable does not exist; "
        f"the remedy starts a server that has it, for {names.prefix}HOST and "
        f"{names.prefix}PORT to lead to; or install TimescaleDB {_WANTED} or later on "
        "this one",
        "the migration of the telemetry database fails: the ingestor cannot write",
        "docker compose up --wait tsdb",
        "shell",
    )


def _not_created(available: str) -> Finding:
    return Finding(
        "extension",
        _WHERE,
        "it is not in this database, so function create_hypertable does not exist; "
        f"the server has {available}",
        _WHY,
        "CREATE EXTENSION timescaledb;",
    )


def _old(installed: str | None, available: str) -> Finding:
    return Finding(
        "extension",
        _WHERE,
        f"it is {installed or available}, older than {_WANTED}",
        "migrations refuse it, and with them the core service does not start",
        "ALTER EXTENSION timescaledb UPDATE;",
    )


def _is_old(version: str) -> bool:
    return tuple(map(int, re.findall(r"\d+", version)[:2])) < MINIMUM_TIMESCALEDB
