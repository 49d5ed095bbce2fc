"""Reading the state of a database over one short connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.commands.probe import probing
from dataforeman_schema.commands.status import queries
from dataforeman_schema.commands.status.activity import (
    extend,
    read_access,
    read_aggregates,
    read_jobs,
    read_standbys,
)
from dataforeman_schema.commands.status.state import (
    HistoryStep,
    HypertableStatus,
    Status,
    Table,
    Unreachable,
)
from dataforeman_schema.connection import reading
from dataforeman_schema.databases import (
    DATABASES,
    ELSEWHERE_QUERY,
    OfferedTimescale,
    not_preloaded,
    recorded_query,
    refuse_elsewhere,
)
from dataforeman_schema.errors import CouldNotLookError, SchemaError
from dataforeman_schema.settings import load_env_file

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


@dataclass(frozen=True)
class Limits:
    """What is asked for beside what there is.

    Attributes:
        chunks: How many chunks of each hypertable to name, the newest.
        disk_bytes: What each database may take; None: nobody said.
    """

    chunks: int = 5
    disk_bytes: int | None = None

    def days(self, taken: int, growth: float | None) -> float | None:
        """Tell how many days it takes to fill the disk, if it grows."""
        if self.disk_bytes is None or not growth:
            return None
        return max(self.disk_bytes - taken, 0) / growth


_LIMITS = Limits()
_BOOKKEEPING = ["alembic_version", "schema_history"]


def read_statuses(last: int, limits: Limits = _LIMITS) -> list[Status | Unreachable]:
    """Look at both databases, one after the other; nothing is changed.

    Args:
        last: How many steps of each history to read.
        limits: How many chunks of a hypertable to name, and how much may be on disk.

    Returns:
        What each is like, or why it could not be looked at: a setting may be wrong.

    Raises:
        CouldNotLookError: `.env` cannot be read.
    """
    try:
        load_env_file()
    except SchemaError as error:
        raise CouldNotLookError(str(error)) from error
    return [_try(database, last, limits) for database in DATABASES.values()]


def _try(database: Database, last: int, limits: Limits) -> Status | Unreachable:
    place = ""
    try:
        settings = database.settings()
        place = str(settings)
        return read_status(database, settings, last, limits)
    except SchemaError as error:
        return Unreachable(database.name, database.title, place, str(error))


def read_status(
    database: Database,
    settings: ConnectionSettings,
    last: int,
    limits: Limits = _LIMITS,
) -> Status:
    """Look at one database; nothing is changed.

    Args:
        database: Which of the two it should be.
        settings: Where it is.
        last: How many steps of its history to read.
        limits: How many chunks of a hypertable to name, and how much may be on disk.

    Raises:
        SchemaError: It cannot be reached or read.
    """
    with (
        reading(settings) as connection,
        probing(connection, database, settings) as cursor,
    ):
        return _read(cursor, database, settings, last, limits)


def _read(
    cursor: Cursor,
    database: Database,
    settings: ConnectionSettings,
    last: int,
    limits: Limits,
) -> Status:
    for (elsewhere,) in _rows(
        cursor, ELSEWHERE_QUERY, critical=[*database.critical_tables]
    ):
        refuse_elsewhere(f"the {database.title} ({settings})", elsewhere)
    [found] = _rows(cursor, queries.OVERVIEW)
    postgresql, offered, versioned, recorded, *knows, restoring = found[:-2]
    schema, functions = found[-2:]
    timescaledb = _usable_timescaledb(database, OfferedTimescale(**offered or {}))
    access = read_access(cursor, _BOOKKEEPING, timescaledb=bool(timescaledb))
    readable, told = map(access.may_read, _BOOKKEEPING)
    known = versioned and readable
    current = _current(cursor, database, settings, schema) if known else []
    history = queries.HISTORY.format(schema=schema)
    steps = _rows(cursor, history, last=last) if recorded and told else []
    counted, estimated = knows
    query = queries.tables(timescaledb=functions, counted=counted, estimated=estimated)
    tables = [Table(*row) for row in _rows(cursor, query, own=_BOOKKEEPING)]
    sizes = queries.HYPERTABLES.format(timescaledb=functions)
    rows = _rows(cursor, sizes) if timescaledb else []
    hypertables = [HypertableStatus(*row) for row in rows]
    plain = _is_plain(database, tables, hypertables)
    if timescaledb:
        hypertables = extend(cursor, hypertables, access, limits.chunks)
    jobs, no_errors = read_jobs(cursor, access.user) if timescaledb else ([], [])
    standbys, no_standbys = read_standbys(cursor, access)
    growth = _growth(hypertables)
    line = revisions(database)
    return Status(
        database=database.name,
        title=database.title,
        place=str(settings),
        postgresql=postgresql.partition(" ")[0],
        timescaledb=timescaledb,
        plain=plain,
        restoring=restoring,
        current=current,
        head=line[-1],
        pending=_pending(line, current) if readable else [],
        history=[HistoryStep(*row) for row in steps],
        tables=tables,
        hypertables=hypertables,
        bytes=access.bytes,
        growth_bytes_per_day=growth,
        disk_bytes=limits.disk_bytes,
        days_until_full=limits.days(access.bytes, growth),
        jobs=jobs,
        aggregates=read_aggregates(cursor) if timescaledb else [],
        replica=access.replica,
        standbys=standbys,
        unseen=[*access.grants(), *no_errors, *no_standbys],
    )


def _usable_timescaledb(database: Database, offered: OfferedTimescale) -> str | None:
    if offered.installed and not offered.is_preloaded:
        raise SchemaError(not_preloaded(database))
    return offered.installed


def _growth(hypertables: list[HypertableStatus]) -> float | None:
    known = [
        hypertable.growth_bytes_per_day
        for hypertable in hypertables
        if hypertable.growth_bytes_per_day is not None
    ]
    return sum(known) if known else None


def _current(
    cursor: Cursor, database: Database, settings: ConnectionSettings, schema: str
) -> list[str]:
    current = [revision for (revision,) in _rows(cursor, recorded_query(schema))]
    if None in current:
        raise SchemaError(
            f"alembic_version of the {database.title} ({settings}) holds NULL; run "
            f"{queries.REMOVE_NULL} there, then dataforeman-schema verify"
        )
    return current


def _is_plain(
    database: Database, tables: list[Table], hypertables: list[HypertableStatus]
) -> bool:
    plain = {table.name for table in tables} - {
        hypertable.name for hypertable in hypertables
    }
    return database.needs_timescaledb and not plain.isdisjoint(database.critical_tables)


def _pending(line: list[str], current: list[str]) -> list[str]:
    if any(revision not in line for revision in current):
        return []  # a newer release's
    return line[max((line.index(revision) + 1 for revision in current), default=0) :]


def _rows(cursor: Cursor, query: str, **parameters: object) -> list[tuple[Any, ...]]:
    cursor.execute(query, parameters)
    return cursor.fetchall()
