"""Reading statements that no operation stands for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from dataforeman_schema.commands.lint.tools import import_sqlglot

if TYPE_CHECKING:
    from collections.abc import Iterator


def parse(sql: str) -> Iterator[Any]:
    """Parse statements; what the parser does not know has no parts.

    Raises:
        CouldNotLookError: The parser is not installed.
    """
    sqlglot = import_sqlglot()
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # of what it does not know
    ignore = sqlglot.ErrorLevel.IGNORE
    try:
        trees = sqlglot.parse(sql, dialect="postgres", error_level=ignore)
    except sqlglot.errors.SqlglotError:
        return  # squawk names what is no SQL
    yield from filter(None, trees)


def changes(sql: str) -> Iterator[Any]:
    """Find what changes rows in statements, within WITH and EXPLAIN, too."""
    exp = import_sqlglot().exp
    kinds = (exp.Update, exp.Delete, exp.Insert, exp.Merge)
    for tree in parse(sql):
        yield from tree.find_all(*kinds)


def truncated(sql: str) -> list[str]:
    """Name the tables that statements empty."""
    exp = import_sqlglot().exp
    found = (each for tree in parse(sql) for each in tree.find_all(exp.TruncateTable))
    return [str(table.name) for each in found for table in each.find_all(exp.Table)]


def target(tree: Any) -> str | None:  # noqa: ANN401 - the parser's
    """Name the table that a statement works on: the first that it names."""
    table = tree.find(import_sqlglot().exp.Table)
    return str(table.name) if table else None


def read_through(change: Any) -> set[str]:  # noqa: ANN401
    """Name the tables whose rows a change has to look through one by one."""
    tables = {table.name for table in change.find_all(import_sqlglot().exp.Table)}
    first = {str(target(change))}
    if change.key == "merge":
        return tables
    return tables - first if change.key == "insert" else first


def is_bounded(change: Any) -> bool:  # noqa: ANN401
    """Tell whether a change takes a part of its table, however large that is."""
    exp = import_sqlglot().exp
    if change.find(exp.Limit, exp.Between, exp.Fetch):
        return True
    return bool(change.find(exp.GT, exp.GTE) and change.find(exp.LT, exp.LTE))


def is_whole(change: Any) -> bool:  # noqa: ANN401
    """Tell whether a change is of every row of its table."""
    return change.key in {"update", "delete"} and not change.args.get("where")
