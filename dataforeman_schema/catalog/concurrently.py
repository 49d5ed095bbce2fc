"""Indexes made while others write: those with ``info={"concurrently": True}``."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.definitions import create, literal, quote
from dataforeman_schema.catalog.operation import CommittedOp, ObjectOp

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.catalog.comparison import Comparison
    from dataforeman_schema.catalog.snapshot import Properties

log = logging.getLogger(__name__)

CONCURRENTLY: Final = "concurrently"
"""The key of ``Index.info`` that asks for it."""

_WORD: Final = re.compile(r"(?<=^CREATE INDEX )|(?<=^CREATE UNIQUE INDEX )")


class ConcurrentIndexOp(CommittedOp):
    """Makes an index while others write; what was left of a failed try goes first.

    Args:
        table: The table that it belongs to.
        name: Its name.
        expected: What it shall be like.
    """

    def __init__(self, table: str, name: str, expected: Properties) -> None:
        super().__init__("indexes", table, name, None, expected)

    def statements(self) -> list[str]:
        """Write the SQL, without semicolons."""
        whole, *others = create(self.kind, self.name, self.expected or {})
        concurrent = _WORD.sub("CONCURRENTLY IF NOT EXISTS ", whole)
        return [drop_if_invalid(self.name), concurrent, *others]

    def reverse(self) -> ObjectOp:
        """Return the operation that drops it, which takes but a moment."""
        return ObjectOp(self.kind, self.table_name, self.name, self.expected, None)


def drop_if_invalid(name: str) -> str:
    """Write what drops an index if making it failed or was cut off."""
    index = f"to_regclass({literal(quote(name))})"
    return (
        f"DO $$BEGIN IF EXISTS (SELECT FROM pg_index WHERE indexrelid = {index}"
        f" AND NOT indisvalid) THEN DROP INDEX {quote(name)}; END IF; END$$"
    )


def is_made_beside_writers(
    comparison: Comparison, expected: Properties, item: SchemaItem | None
) -> bool:
    """Tell whether an index is made so, which its table and columns must wait for.

    That of a new table holds nobody up. One on a column that comes, or changes, with
    the same revision is made with it.
    """
    if item is None or not item.info.get(CONCURRENTLY):
        return False
    table = expected["table"]
    if table not in comparison.live["tables"] or comparison.is_extended(table):
        return False
    columns = {f"{table}.{column}" for column in expected["columns"] or ()}
    ready = all(
        column in comparison.live["columns"]
        and not comparison.differs("columns", column) & {"type", "collation"}
        for column in columns
    )
    if not ready:
        log.warning(
            "An index of %s waits for its columns, and keeps writers out", table
        )
    return ready
