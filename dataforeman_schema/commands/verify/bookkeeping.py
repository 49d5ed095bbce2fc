"""Can the migrations' own tables be read and written, and do they have their keys?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES
from dataforeman_schema.catalog.conflicts import declared
from dataforeman_schema.catalog.definitions import literal, quote
from dataforeman_schema.catalog.describe import describe, is_comment, is_key
from dataforeman_schema.catalog.fixes import fix_sql, set_aside
from dataforeman_schema.commands.findings import (
    BOOKKEEPING,
    Check,
    Finding,
    Note,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.commands.context import VerifyContext

_CHECKS: Final = {
    "alembic_version": Check.REVISION,
    "schema_history": Check.HISTORY,
}
_UNKNOWN: Final = {"direction": "stamp", "duration_ms": "0"}
"""What stands for a value that nobody knows."""


def check_readable(context: VerifyContext) -> Iterator[Finding]:
    """Find tables of the migrations themselves that nobody can read."""
    for table, why in context.unreadable.items():
        yield Finding(
            _CHECKS[table],
            f"table {table}",
            f"{why}; the remedy takes it out of the way, with its rows, and the next "
            "one makes it anew",
            "every migration fails, and with it the start of the core service",
            "\n".join(set_aside(context, table)),
            step=BOOKKEEPING,
        )


def bookkeeping_change(
    context: VerifyContext, change: Change
) -> list[Finding | Note] | None:
    """Say what of a change is peculiar to the migrations' own tables.

    Returns:
        What there is to say; None: the same as of any table.
    """
    if change.table not in BOOKKEEPING_TABLES:
        return None
    if change.table in context.unreadable:
        return []
    if is_comment(change):
        return [Note(Check.DRIFT, change.where, describe(change))]
    if is_key(change) and change.live is None:
        return [_keyless(change.table)]
    return _altered(context, change) if change.alterations else None


def _altered(context: VerifyContext, change: Change) -> list[Finding | Note]:
    """Find a column of another type or default, or one that may be empty."""
    alterations = change.alterations
    for operation in alterations:
        column = declared(context, operation)
        if column is not None and column.primary_key:
            operation.modify_nullable = None  # comes with the key
        operation.modify_comment = False  # a note, if nothing else is wrong
    if not any(operation.has_changes() for operation in alterations):
        return []
    change = replace(change, operations=list(alterations))
    return [
        Finding(
            _CHECKS[str(change.table)],
            change.where,
            describe(change),
            "migrations and commands that read or write it fail, and with them the "
            "start of the core service",
            "\n".join((*_filled(change), *fix_sql(context, change))),
            step=BOOKKEEPING,
        )
    ]


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


def _keyless(table: str) -> Finding:
    return Finding(
        _CHECKS[table],
        f"table {table}",
        "its primary key is missing; the remedy keeps one copy of each row",
        "rows can be there twice, and the next migration may fail on them",
        "\n".join(_key(table)),
        step=BOOKKEEPING,
    )


def _key(table: str) -> Iterator[str]:
    declared_key = BOOKKEEPING_TABLES[table].primary_key
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
