"""What holds of steps that change rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from dataforeman_schema.commands.lint.rule import BOTH, Hit, Rule
from dataforeman_schema.commands.lint.sql import (
    changes,
    is_bounded,
    is_whole,
    read_through,
    target,
    truncated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.lint.rule import Subject

GROWING: Final = frozenset({"audit_events", "jobs", "sessions"})
"""The tables of the metadata database that grow as long as DataForeman runs."""

_MOVES_ROWS: Final = re.compile(r"\b(UPDATE|DELETE|INSERT|MERGE)\b", re.IGNORECASE)


def _check_every_row(subject: Subject) -> Iterator[Hit]:
    for line, change, table in _changes(subject):
        if is_whole(change):
            yield Hit(line, f"{change.key.upper()} of every row of {table}", table)


def _check_batches(subject: Subject) -> Iterator[Hit]:
    growing = GROWING | subject.hypertables
    for line, change, table in _changes(subject):
        if not (is_whole(change) or is_bounded(change)):
            for name in sorted(read_through(change) & growing - subject.created):
                what = f"{change.key.upper()} {table} goes over all of {name}"
                yield Hit(line, what, name)


def _check_truncate(subject: Subject) -> Iterator[Hit]:
    for statement in subject.recording.statements:
        if "truncate" in statement.sql.lower():
            for table in truncated(statement.sql):
                if table not in subject.created:
                    yield Hit(statement.line, f"TRUNCATE of {table}", table)


def _changes(subject: Subject) -> Iterator[tuple[int, Any, str]]:
    for statement in subject.recording.statements:
        if _MOVES_ROWS.search(statement.sql):  # to parse is slow
            for change in changes(statement.sql):
                if (name := target(change)) and name not in subject.created:
                    yield statement.line, change, name


RULES: Final = (
    Rule(
        "every-row",
        "each row is locked and written anew in one transaction, and old ones are left",
        "say WHERE, of the rows that need it, and go in batches if they can be many",
        _check_every_row,
        size="rows",
        directions=BOTH,
    ),
    Rule(
        "batches",
        "it scans and locks for as long as the table is large, in one transaction",
        "go in batches: a range of the key, or LIMIT, each in an autocommit_block",
        _check_batches,
        size="rows",
        directions=BOTH,
    ),
    Rule(
        "truncate",
        "every row is lost, on every installation, and none of them was counted",
        "drop the table, which is refused while rows would be lost, or delete by WHERE",
        _check_truncate,
        directions=BOTH,
    ),
)
"""The rules of this family."""
