"""The comparison of columns: what is altered, and what draws their values."""

from __future__ import annotations

import logging
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import DefaultClause, text

from dataforeman_schema.catalog.comparison import is_harmful
from dataforeman_schema.catalog.definitions import literally
from dataforeman_schema.catalog.operation import ObjectOp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column

    from dataforeman_schema.catalog.comparison import Comparison
    from dataforeman_schema.catalog.snapshot import Properties

log = logging.getLogger(__name__)


def alter_column(
    comparison: Comparison,
    alteration: ops.AlterColumnOp,
    key: str,
    live_column: Column[Any],
    column: Column[Any],
) -> None:
    """Compare what `op.alter_column` can change.

    Args:
        comparison: Both sides.
        alteration: Filled with what differs.
        key: The column's name in a snapshot.
        live_column: The column as SQLAlchemy reflects it.
        column: The column as it is declared.
    """
    differs = comparison.differs("columns", key)
    live = comparison.live["columns"][key]
    expected = comparison.expected["columns"][key]
    alteration.existing_type = live_column.type
    alteration.existing_nullable = live["nullable"]
    alteration.existing_server_default = live_column.server_default or None
    alteration.existing_comment = live["comment"]
    if _is_drawn(live, expected):
        differs -= {"default"}  # changes with what draws the values
        alteration.existing_server_default = False
    if differs & {"type", "collation"}:
        alteration.modify_type = column.type
    if "nullable" in differs:
        alteration.modify_nullable = expected["nullable"]
    if "default" in differs:
        alteration.existing_server_default = _default(None, live)
        alteration.modify_server_default = _default(column, expected)
    if "comment" in differs:
        alteration.modify_comment = expected["comment"]
    for what in sorted(differs - {"identity", "generated"}):
        log.info("Detected changed %s of column %r", what, key)


def _is_drawn(*states: Properties) -> bool:
    return any(column["identity"] or column["generated"] for column in states)


def _default(column: Column[Any] | None, found: Properties) -> Any:  # noqa: ANN401 - SQLAlchemy's
    """Take the default as it is declared; a serial column declares none."""
    if found["default"] is None:
        return None
    declared = None if column is None else column.server_default
    return declared or DefaultClause(text(literally(found["default"])))


def compare_drawn(comparison: Comparison, table: str) -> Iterator[ObjectOp]:
    """Compare what draws a column's values.

    It goes before, and comes after, what else changes of the column.
    """
    for key in comparison.of_table("columns", table):
        live = comparison.live["columns"].get(key)
        expected = comparison.expected["columns"].get(key)
        if live is None or expected is None or not _is_drawn(live, expected):
            continue
        if _draws_otherwise(live, expected):
            log.info("Detected changed values of column %r", key)
        for before, after in pairwise(_steps(live, expected)):
            if _draws_otherwise(before, after):
                operation = ObjectOp(
                    "columns", table, key.removeprefix(f"{table}."), before, after
                )
                if operation.by_hand:
                    log.warning("Not written: %s", operation.by_hand)
                yield operation


def _draws_otherwise(live: Properties, expected: Properties) -> bool:
    parts = ("identity", "generated", "default")
    return any(live[part] != expected[part] for part in parts)


def _steps(live: Properties, expected: Properties) -> list[Properties]:
    """Let a column draw nothing before it draws its values from something else."""
    drawn = "identity" if live["identity"] else "generated"
    if live[drawn] and expected[drawn]:
        return [live, expected]
    return [
        live,
        {**live, "default": None, "identity": None, "generated": ""},
        expected,
    ]


def harmful_columns(comparison: Comparison, table: str) -> Iterator[ops.AlterColumnOp]:
    """Let services write that know nothing of a column which wants a value."""
    for key in comparison.of_table("columns", table):
        live = comparison.live["columns"].get(key)
        if (
            live
            and is_harmful("columns", live)
            and not comparison.is_ours("columns", key)
        ):
            log.info("Detected unknown column %r that must have a value", key)
            yield ops.AlterColumnOp(
                table,
                key.removeprefix(f"{table}."),
                existing_nullable=False,
                modify_nullable=True,
            )
