"""Can the migrations' own tables be read, and do they have their keys?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.mending import set_aside
from dataforeman_schema.commands.verify.offline import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.subject import Subject

_KEYS: Final = {
    "alembic_version": ("alembic_version_pkc", ("version_num",)),
    "schema_history": ("schema_history_pkey", ("applied_at", "revision")),
}
_CHECKS: Final = {"alembic_version": "revision", "schema_history": "history"}
_HAS_KEY: Final = """
SELECT FROM pg_constraint JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND contype = 'p'
AND relname = :table
"""


def check_own(subject: Subject) -> Iterator[Finding]:
    """Find that the tables of the migrations themselves lack columns or their key."""
    for table in _KEYS:
        if table in subject.unreadable:
            yield _unreadable(subject, table)
        elif table in subject.tables and not subject.rows(_HAS_KEY, table=table):
            yield _keyless(table)


def _unreadable(subject: Subject, table: str) -> Finding:
    return Finding(
        _CHECKS[table],
        f"table {table}",
        f"it lacks columns ({', '.join(subject.unreadable[table])}); the remedy takes "
        "it out of the way, with its rows, and the next one makes it anew",
        "every migration fails, and with it the start of the core service",
        "\n".join(set_aside(subject, table)),
    )


def _keyless(table: str) -> Finding:
    name, columns = _KEYS[table]
    return Finding(
        _CHECKS[table],
        f"table {table}",
        "its primary key is missing; the remedy keeps one copy of each row",
        "rows can be there twice, and the next migration may fail on them",
        "\n".join(_key(quote(table), name, columns)),
    )


def _key(table: str, name: str, columns: tuple[str, ...]) -> Iterator[str]:
    nothing = " OR ".join(f"{column} IS NULL" for column in columns)
    same = " AND ".join(f"copy.{column} = kept.{column}" for column in columns)
    yield f"DELETE FROM {table} WHERE {nothing};"
    yield (
        f"DELETE FROM {table} AS copy USING {table} AS kept"
        f" WHERE {same} AND copy.ctid > kept.ctid;"
    )
    key = ", ".join(columns)
    yield f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({key});"
