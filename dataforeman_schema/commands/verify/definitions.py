"""Keys and indexes in full: Alembic compares their names, columns and rules only.

Deferrable keys, the method and order of an index and whatever else there is to declare
show in how the server writes their definitions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy.schema import AddConstraint, CreateIndex

from dataforeman_schema.commands.verify.changes import remake
from dataforeman_schema.commands.verify.conflicts import conflicts
from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.mending import mend
from dataforeman_schema.commands.verify.offline import DIALECT, quote
from dataforeman_schema.commands.verify.services import failure
from dataforeman_schema.commands.verify.words import why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Constraint

    from dataforeman_schema.commands.verify.subject import Subject

_LIVE: Final = """
SELECT relname AS "table", conname AS name, pg_get_constraintdef(k.oid) AS live
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND contype IN ('f', 'p', 'u')
UNION ALL
SELECT t.relname, i.relname, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class AS t ON t.oid = indrelid
JOIN pg_class AS i ON i.oid = indexrelid
WHERE t.relnamespace = current_schema()::regnamespace
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid
  AND contype IN ('p', 'u', 'x'))
"""
_INDEX: Final = re.compile(r" ON .*? (?:USING (?P<method>\w+) )?(?P<rest>\(.*)")
# Findings of their own, and an operator's tuning.
_ELSEWHERE: Final = re.compile(r" NOT (VALID|ENFORCED)$| WHERE .*$| WITH \(.*?\)")


def check_definitions(subject: Subject) -> Iterator[Finding]:
    """Find keys and indexes that say something else than declared."""
    live = {(row.table, row.name): row.live for row in subject.rows(_LIVE)}
    for table in subject.metadata.sorted_tables:
        items: list[Index | Constraint] = [*table.indexes, *table.constraints]
        for item in items:
            found = live.get((table.name, str(item.name)))
            noun = "index" if isinstance(item, Index) else "constraint"
            if found and (table.name, f"{noun} {item.name}") not in subject.changing:
                yield from _compare(subject, item, found)


def _compare(
    subject: Subject, item: Index | Constraint, found: str
) -> Iterator[Finding]:
    live, declared = _index(found) if isinstance(item, Index) else found, _text(item)
    if declared is None or _plain(live) == _plain(declared):
        return
    if isinstance(item, PrimaryKeyConstraint) and not _plain(live).startswith(
        _plain(declared)
    ):
        return  # its columns are compared elsewhere
    change = remake(item)
    what = f"it is not the schema's: {live} where that says {declared}"
    yield Finding(
        "drift",
        f"{change.name} of table {change.table}",
        "; ".join((what, *conflicts(subject, change.operations[-1]))),
        why(change) if isinstance(item, Index) else _why(change.table),
        "\n".join(mend(subject, change)),
        step=change.step,
    )


def _why(table: str | None) -> str:
    return (
        "statements that rely on it, such as ON CONFLICT, are refused or do something "
        f"else: {failure(table)}"
    )


def _text(item: Index | Constraint) -> str | None:
    """Write what is declared, about as the server does."""
    if isinstance(item, Index):
        return _index(str(CreateIndex(item).compile(dialect=DIALECT)))
    kinds = (ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint)
    if item.name is None or not isinstance(item, kinds):
        return None
    # Isolated, as it would be by default, create_all() would no longer make it.
    add = AddConstraint(item, isolate_from_table=False).compile(dialect=DIALECT)
    return str(add).partition(f" CONSTRAINT {quote(str(item.name))} ")[2]


def _index(definition: str) -> str:
    """Take what an index is of out of its statement."""
    found = _INDEX.search(definition.replace("\n", " "))
    if found is None:
        return definition
    rest = _ELSEWHERE.sub("", found["rest"])
    return f"{found['method'] or 'btree'} {rest}"


def _plain(definition: str) -> str:
    """Leave out spaces and quotes, which the server sets in its own way."""
    return re.sub(r'[\s"]', "", _ELSEWHERE.sub("", definition))
