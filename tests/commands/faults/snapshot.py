"""All that a step could lose, read before and after it."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import NullPool, text

from dataforeman_schema.alembic_env.accepted import SET_ASIDE
from dataforeman_schema.alembic_env.history import was_adopted
from dataforeman_schema.catalog import snapshot
from dataforeman_schema.commands.adoption.proof import tables
from dataforeman_schema.commands.downgrade import BASE
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.engine import create_engine
from tests.trees import tables as our_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""All rows of each table, by its qualified name."""

_OURS = {*our_tables(META), *our_tables(TSDB)}
_HAS_RECORD = text("SELECT to_regclass('public.alembic_version') IS NOT NULL")
_REVISIONS = text("SELECT version_num FROM public.alembic_version")
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_FOREIGN = text(r"""
SELECT 'relation ' || oid::regclass, concat(relkind, ' ', CASE
  WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END), NULL
FROM pg_class WHERE relname ~ '^plant_' AND relkind IN ('r', 'v', 'm')
UNION ALL
SELECT 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid), indrelid::regclass
FROM pg_index JOIN pg_class ON oid = indexrelid
WHERE relname ~ '^plant_' AND relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger ' || tgname, pg_get_triggerdef(oid), tgrelid::regclass
FROM pg_trigger WHERE tgname ~ '^plant_' AND tgparentid = 0
AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
UNION ALL
SELECT concat('constraint ', conrelid::regclass, ' ', conname),
  pg_get_constraintdef(oid), NULL FROM pg_constraint WHERE conname ~ '^plant_'
UNION ALL
SELECT 'function ' || oid::regprocedure, prosrc, NULL
FROM pg_proc WHERE proname ~ '^plant_'
""")


class Foreign(NamedTuple):
    """What a foreign object is like.

    Attributes:
        definition: In the server's words.
        part_of: The table that it goes with, if it goes with one.
    """

    definition: str
    part_of: str | None = None


@dataclass(frozen=True)
class DatabaseSnapshot:
    """A database at one moment.

    Attributes:
        revision: What it records; `base` if that is no revision, None without a record.
        is_adopted: Whether it records that it was adopted.
        rows: All rows of all tables, but those that adoptions write for themselves.
        catalog: Its own schema.
        foreign: The foreign objects by kind and name.
    """

    revision: str | None
    is_adopted: bool
    rows: Rows
    catalog: dict[str, Any]
    foreign: dict[str, Foreign]

    @property
    def has_triggers(self) -> bool:
        """Whether our tables have foreign triggers, which change what they do."""
        return any(name.startswith("trigger ") for name in self.foreign)

    @property
    def is_former(self) -> bool:
        """Whether its tables are nobody's on record."""
        return self.revision is None and has_ours(self.rows)


def has_ours(rows: Iterable[str]) -> bool:
    """Tell whether tables of ours are among these."""
    return any(name.removeprefix("public.") in _OURS for name in rows)


def read(settings: ConnectionSettings) -> DatabaseSnapshot:
    """Read a database once every other session has ended."""
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        _wait_until_alone(connection)
        return DatabaseSnapshot(
            *_record(connection),
            _rows(connection),
            snapshot(connection, without=()),
            {name: Foreign(*like) for name, *like in connection.execute(_FOREIGN)},
        )


def _wait_until_alone(connection: Connection) -> None:
    deadline = time.monotonic() + 60
    while connection.scalar(_OTHERS):
        connection.rollback()
        assert time.monotonic() < deadline, "a session does not end"
        time.sleep(0.02)


def _record(connection: Connection) -> tuple[str | None, bool]:
    if not connection.scalar(_HAS_RECORD):
        return None, False
    revisions = connection.scalars(_REVISIONS).all()
    assert len(revisions) <= 1
    return revisions[0] if revisions else BASE, was_adopted(connection)


def _rows(connection: Connection) -> Rows:
    return {
        name: list(connection.scalars(text(f"SELECT to_jsonb(t) FROM {name} AS t")))  # noqa: S608
        for name in tables(connection)
        if not name.startswith(f"{SET_ASIDE}.") or name.split(".")[1] in _OURS
    }


def missing(before: Rows, after: Rows) -> dict[str, Counter[str]]:
    """Find the rows of each table that are not there any more.

    A row whose values are others is missing; a column that is new, or gone, makes no
    row another one. What an adoption sets aside is looked for there, and back.
    """
    found = {}
    for name, rows in before.items():
        there = after.get(_place(name, before, after), [])
        columns = _columns(rows) & _columns(there) if there else _columns(rows)
        if lost := as_counter(rows, columns) - as_counter(there, columns):
            found[name] = lost
    return found


def emptied(before: Rows, after: Rows) -> dict[str, int]:
    """Count the values of columns that are gone, of tables that are still there."""
    found = {}
    for name, rows in before.items():
        if there := after.get(name):
            gone = _columns(rows) - _columns(there)
            if count := sum(row[c] is not None for row in rows for c in gone):
                found[name] = count
    return found


def _place(name: str, before: Rows, after: Rows) -> str:
    schema, _, table = name.partition(".")
    aside, home = f"{SET_ASIDE}.{table}", f"public.{table}"
    if schema == SET_ASIDE:
        return name if name in after else home
    is_moved = schema == "public" and aside in after and aside not in before
    return aside if is_moved else name


def _columns(rows: list[Row]) -> set[str]:
    return set(rows[0]) if rows else set()


def as_counter(rows: list[Row], columns: set[str]) -> Counter[str]:
    """Write down some columns of rows, how often each is there."""
    return Counter(
        json.dumps({c: row[c] for c in columns}, sort_keys=True) for row in rows
    )
