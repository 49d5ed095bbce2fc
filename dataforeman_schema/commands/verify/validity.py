"""Is what the catalog lists in force? Indexes, constraints and triggers may not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.offline import quote
from dataforeman_schema.commands.verify.services import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.subject import Subject

_INDEXES: Final = """
SELECT t.relname AS "table", i.relname AS name
FROM pg_index JOIN pg_class AS t ON t.oid = indrelid JOIN pg_class AS i
ON i.oid = indexrelid
WHERE t.relnamespace = current_schema()::regnamespace
AND NOT (indisvalid AND indisready) ORDER BY 1, 2
"""
_CONSTRAINTS: Final = """
SELECT relname AS "table", conname AS name
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND NOT convalidated ORDER BY 1, 2
"""
# Those of the server itself enforce the foreign keys.
_TRIGGERS: Final = """
SELECT relname AS "table", string_agg(tgname, ', ' ORDER BY tgname) AS names,
  bool_or(tgisinternal) AS foreign_keys
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
WHERE relnamespace = current_schema()::regnamespace AND tgenabled IN ('D', 'R')
GROUP BY 1 ORDER BY 1
"""


def check_validity(subject: Subject) -> Iterator[Finding]:
    """Find indexes, constraints and triggers that exist but do nothing."""
    yield from _indexes(subject)
    yield from _constraints(subject)
    yield from _triggers(subject)


def _indexes(subject: Subject) -> Iterator[Finding]:
    for table, name in subject.rows(_INDEXES):
        declared = subject.metadata.tables.get(table)
        ours = declared is not None and any(name == i.name for i in declared.indexes)
        verb = "REINDEX" if ours else "DROP"
        yield Finding(
            "index",
            f"index {name} on table {table}",
            "it is invalid: making it failed or was cut off",
            f"queries cannot use it while writes pay for it: slow, as {table} grows",
            f"{verb} INDEX {quote(name)};",
        )


def _constraints(subject: Subject) -> Iterator[Finding]:
    for table, name in subject.rows(_CONSTRAINTS):
        yield Finding(
            "constraint",
            f"constraint {name} on table {table}",
            "it holds for new rows only: it was never validated",
            f"old rows may break it; then {failure(table)}",
            f"ALTER TABLE {quote(table)} VALIDATE CONSTRAINT {quote(name)};",
        )


def _triggers(subject: Subject) -> Iterator[Finding]:
    for table, names, foreign_keys in subject.rows(_TRIGGERS):
        some = "foreign keys and triggers" if foreign_keys else f"triggers ({names})"
        which = "ALL" if foreign_keys else "USER"
        yield Finding(
            "trigger",
            f"table {table}",
            f"its {some} are disabled, perhaps since a restore",
            "rows may refer to what does not exist, and updated_at stands still",
            f"ALTER TABLE {quote(table)} ENABLE TRIGGER {which};",
        )
