"""Checks and partial indexes, which Alembic compares by name and columns only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import CheckConstraint, Index

from dataforeman_schema.commands.verify.changes import remake
from dataforeman_schema.commands.verify.conflicts import conflicts
from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.offline import DIALECT, sql
from dataforeman_schema.commands.verify.words import why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ClauseElement

    from dataforeman_schema.commands.verify.subject import Subject

_LIVE: Final = """
SELECT c.relname AS "table", i.relname AS name, pg_get_expr(indpred, indrelid) AS live
FROM pg_index JOIN pg_class AS c ON c.oid = indrelid
JOIN pg_class AS i ON i.oid = indexrelid
WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT relname, conname, pg_get_expr(conbin, conrelid)
FROM pg_constraint JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND contype = 'c'
"""


def check_expressions(subject: Subject) -> Iterator[Finding]:
    """Find checks and index predicates that say something else than declared."""
    live = {(row.table, row.name): row.live for row in subject.rows(_LIVE)}
    for item, declared in _declared(subject):
        change = remake(item)
        key = (str(change.table), str(item.name))
        named = (change.table, change.name) in subject.changing
        if key in live and not named and _plain(live[key]) != _plain(declared):
            what = f"it is not the schema's: {live[key]} where that says {declared}"
            yield Finding(
                "drift",
                f"{change.name} of table {change.table}",
                "; ".join((what, *conflicts(subject, change.operations[-1]))),
                why(change),
                "\n".join(sql(subject.database, change.operations)),
                step=change.step,
            )


def _declared(subject: Subject) -> Iterator[tuple[CheckConstraint | Index, str | None]]:
    for table in subject.metadata.sorted_tables:
        for index in table.indexes:
            where = index.dialect_options["postgresql"]["where"]
            yield index, None if where is None else _text(where)
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                yield constraint, _text(constraint.sqltext)


def _text(expression: ClauseElement) -> str:
    return str(
        expression.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    )


def _plain(expression: str | None) -> str | None:
    """Undo how the server writes an expression: casts, brackets, lists as arrays."""
    if expression is None:
        return None
    bare = re.sub(r"::[a-z ]+(\[\])?", "", expression).replace("= ANY", "IN")
    return re.sub(r'ARRAY|[\s()\[\]"]', "", bare)
