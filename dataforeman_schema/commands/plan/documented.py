"""The locks that manuals give, where none can be measured.

Statements that run outside of a transaction hold none when they are over. In a scratch
schema the session has locked everything already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from dataforeman_schema.commands.plan.state import Lock, Part, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.plan.catalog import ForeignKeys, Relations

STRONGEST: Final = "AccessExclusiveLock"

_NAME: Final = r"(?:\"?\w+\"?\.)?\"?(?P<name>\w+)\"?"
_ON: Final = r"\b.*?\sON\s+(?:ONLY\s+)?"


class _Kind(NamedTuple):
    """Statements, and what they lock of the table that they name."""

    pattern: str
    mode: str
    part: Part = Part.TABLE


_KINDS: Final = (
    _Kind(
        rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY{_ON}{_NAME}",
        "ShareUpdateExclusiveLock",
    ),
    _Kind(
        rf"CREATE\s+INDEX\b(?=.*transaction_per_chunk){_ON}{_NAME}",
        "ShareLock",
        Part.CHUNKS,
    ),
    _Kind(rf"CREATE\s+(?:UNIQUE\s+)?INDEX{_ON}{_NAME}", "ShareLock"),
    _Kind(
        rf"DROP\s+INDEX\s+CONCURRENTLY\s+(?:IF\s+EXISTS\s+)?{_NAME}",
        "ShareUpdateExclusiveLock",
    ),
    _Kind(
        rf"REINDEX\s+(?:\(.*?\)\s*)?(?:TABLE|INDEX)\s+CONCURRENTLY\s+{_NAME}",
        "ShareUpdateExclusiveLock",
    ),
    _Kind(rf"COMMENT\s+ON\s+(?:TABLE|COLUMN)\s+{_NAME}", "ShareUpdateExclusiveLock"),
    _Kind(
        rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER{_ON}{_NAME}",
        "ShareRowExclusiveLock",
    ),
    _Kind(rf"INSERT\s+INTO\s+{_NAME}", "RowExclusiveLock"),
    _Kind(rf"UPDATE\s+(?:ONLY\s+)?{_NAME}", "RowExclusiveLock"),
    _Kind(rf"DELETE\s+FROM\s+(?:ONLY\s+)?{_NAME}", "RowExclusiveLock"),
    _Kind(rf"CREATE\s+TABLE\b.*?\bREFERENCES\s+{_NAME}", "ShareRowExclusiveLock"),
)
_DEFINES: Final = re.compile(
    r"\s*(ALTER|DROP|TRUNCATE|LOCK|CLUSTER|REFRESH|REINDEX)\b", re.IGNORECASE
)

_REACHES: Final = re.compile(r"\b(DROP|TYPE|TRUNCATE|CASCADE)\b", re.IGNORECASE)


def documented_locks(sql: str, relations: Relations) -> Iterator[Lock]:
    """Say what a statement locks of tables that are there, by its kind.

    Args:
        sql: The statement.
        relations: What was there before it.

    Yields:
        Its lock, if it is of a kind that locks a table; a new label of an enum, say,
        locks none.
    """
    tables = {each.name: each.table for each in relations.values()}
    for kind in _KINDS:
        found = re.match(kind.pattern, sql.strip(), re.IGNORECASE | re.DOTALL)
        if found and (table := tables.get(found["name"])):
            yield Lock(table, kind.mode, kind.part, Source.DOCUMENTED)
            return


def bounds(sql: str, relations: Relations, keys: ForeignKeys) -> Iterator[Lock]:
    """Say what a statement locks at most: the tables that it names, for itself.

    What takes away or retypes what foreign keys hold locks their other tables, too.

    Args:
        sql: The statement.
        relations: What was there before it.
        keys: The foreign keys that were there.
    """
    if not _DEFINES.match(sql):
        return
    words = set(re.findall(r"\w+", sql))
    tables = {each.table for each in relations.values() if each.name in words}
    if _REACHES.search(sql):
        tables |= {other for pair in keys if tables & {*pair} for other in pair}
    for table in tables:
        yield Lock(table, STRONGEST, Part.TABLE, Source.AT_MOST)
