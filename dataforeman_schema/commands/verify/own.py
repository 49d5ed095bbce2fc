"""Can the migrations' own tables be read and written, and do they have their keys?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.history import OWN_TABLES
from dataforeman_schema.commands.verify.conflicts import declared
from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.mending import mend, set_aside
from dataforeman_schema.commands.verify.offline import literal, quote
from dataforeman_schema.commands.verify.words import what

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.changes import Change
    from dataforeman_schema.commands.verify.subject import Subject

_CHECKS: Final = {"alembic_version": "revision", "schema_history": "history"}
_UNKNOWN: Final = {"direction": "stamp", "duration_ms": "0"}
"""What stands for a value that nobody knows."""
_HAS_KEY: Final = """
SELECT FROM pg_constraint JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND contype = 'p'
AND relname = :table
"""


def check_own(subject: Subject) -> Iterator[Finding]:
    """Find what the tables of the migrations themselves lack, or have otherwise."""
    for table in subject.unreadable:
        yield _unreadable(subject, table)
    for change in subject.own_changes:
        if change.table not in subject.unreadable:
            yield from _altered(subject, change)
    for name in OWN_TABLES:
        readable = name in subject.tables and name not in subject.unreadable
        if readable and not subject.rows(_HAS_KEY, table=name):
            yield _keyless(name)


def _altered(subject: Subject, change: Change) -> Iterator[Finding]:
    """Find a column of another type or default, or one that may be empty."""
    alterations = change.alterations
    for operation in alterations:
        if declared(subject, operation).primary_key:
            operation.modify_nullable = None  # comes with the key
    if not any(operation.has_changes() for operation in alterations):
        return
    change = replace(change, operations=list(alterations))
    yield Finding(
        _CHECKS[str(change.table)],
        f"{change.name} of table {change.table}",
        what(change),
        "migrations and commands that read or write it fail, and with them the start "
        "of the core service",
        "\n".join((*_filled(change), *mend(subject, change))),
    )


def _filled(change: Change) -> Iterator[str]:
    """Write the statement that gives values to rows which lack what they must have."""
    for operation in change.alterations:
        name = operation.column_name
        if operation.modify_nullable is False:
            value = literal(_UNKNOWN.get(name, "unknown"))
            yield (
                f"UPDATE {quote(operation.table_name)} SET {quote(name)} = {value}"
                f" WHERE {quote(name)} IS NULL;"
            )


def _unreadable(subject: Subject, table: str) -> Finding:
    return Finding(
        _CHECKS[table],
        f"table {table}",
        f"{subject.unreadable[table]}; the remedy takes it out of the way, with its "
        "rows, and the next one makes it anew",
        "every migration fails, and with it the start of the core service",
        "\n".join(set_aside(subject, table)),
    )


def _keyless(table: str) -> Finding:
    return Finding(
        _CHECKS[table],
        f"table {table}",
        "its primary key is missing; the remedy keeps one copy of each row",
        "rows can be there twice, and the next migration may fail on them",
        "\n".join(_key(table)),
    )


def _key(table: str) -> Iterator[str]:
    declared_key = OWN_TABLES[table].primary_key
    name, columns = declared_key.name or f"{table}_pkey", declared_key.columns.keys()
    nothing = " OR ".join(f"{column} IS NULL" for column in columns)
    same = " AND ".join(f"copy.{column} = kept.{column}" for column in columns)
    yield f"DELETE FROM {table} WHERE {nothing};"
    yield (
        f"DELETE FROM {table} AS copy USING {table} AS kept"
        f" WHERE {same} AND copy.ctid > kept.ctid;"
    )
    key = ", ".join(columns)
    yield f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({key});"
