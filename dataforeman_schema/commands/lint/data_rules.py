"""What holds of steps that change rows."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.lint.rule import BOTH, Hit, Rule
from dataforeman_schema.commands.lint.tools import import_sqlglot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot.expressions import Expr

    from dataforeman_schema.commands.lint.recording import RecordedStatement
    from dataforeman_schema.commands.lint.rule import Subject

GROWING: Final = frozenset({"audit_events", "jobs", "sessions"})
"""The tables of the metadata database that grow as long as DataForeman runs."""

_MOVES_ROWS: Final = re.compile(r"\b(UPDATE|DELETE|INSERT|MERGE)\b", re.IGNORECASE)


def _check_every_row(subject: Subject) -> Iterator[Hit]:
    for line, change, table in _changes(subject):
        if change.key in {"update", "delete"} and not change.args.get("where"):
            yield Hit(line, f"{change.key.upper()} of every row of {table}", table)


def _check_batches(subject: Subject) -> Iterator[Hit]:
    growing = GROWING | subject.hypertables
    for line, change, table in _changes(subject):
        is_whole = change.key in {"update", "delete"} and not change.args.get("where")
        if not is_whole and not _is_bounded(change):
            for name in sorted(_read(change) & growing - subject.created):
                what = f"{change.key.upper()} {table} goes over all of {name}"
                yield Hit(line, what, name)


def _changes(subject: Subject) -> Iterator[tuple[int, Expr, str]]:
    for statement in subject.recording.statements:
        for change in _parse(statement):
            table = change.find(import_sqlglot().exp.Table)
            name = table.name if table else "?"
            if name not in subject.created:
                yield statement.line, change, name


def _parse(statement: RecordedStatement) -> Iterator[Expr]:
    if not _MOVES_ROWS.search(statement.sql):
        return
    sqlglot = import_sqlglot()
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # of what is no change of rows
    exp = sqlglot.exp
    kinds = (exp.Update, exp.Delete, exp.Insert, exp.Merge)
    ignore = sqlglot.ErrorLevel.IGNORE
    for tree in sqlglot.parse(statement.sql, dialect="postgres", error_level=ignore):
        yield from tree.find_all(*kinds) if tree else ()


def _read(change: Expr) -> set[str]:
    """Name the tables whose rows a change has to look through."""
    tables = {table.name for table in change.find_all(import_sqlglot().exp.Table)}
    if change.key == "insert":  # its target is only written to
        tables.discard(change.this.find(import_sqlglot().exp.Table).name)
    return tables


def _is_bounded(change: Expr) -> bool:
    """Tell whether a change takes a part of the table, however large that is."""
    exp = import_sqlglot().exp
    if change.find(exp.Limit, exp.Between, exp.Fetch):
        return True
    return bool(change.find(exp.GT, exp.GTE) and change.find(exp.LT, exp.LTE))


RULES: Final = (
    Rule(
        "every-row",
        "each row is locked and written anew in one transaction, and old ones are left",
        "say WHERE, of the rows that need it, and go in batches if they can be many",
        _check_every_row,
        by_size=True,
        directions=BOTH,
    ),
    Rule(
        "batches",
        "it scans and locks for as long as the table is large, in one transaction",
        "go in batches: a range of the key, or LIMIT, each in an autocommit_block",
        _check_batches,
        by_size=True,
        directions=BOTH,
    ),
)
"""The rules of this family."""
