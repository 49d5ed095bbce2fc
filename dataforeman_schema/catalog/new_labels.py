"""Labels that are added and used in one transaction, which a server refuses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from dataforeman_schema.catalog.definitions import literally
from dataforeman_schema.catalog.snapshot import Snapshot, snapshot
from dataforeman_schema.catalog.types import remake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


@contextmanager
def usable_labels(connection: Connection) -> Iterator[None]:
    """Let the labels that a block adds be used in its transaction.

    Args:
        connection: A connection whose current schema is a scratch schema.
    """
    before = _read(connection)["types"]
    yield
    after = _read(connection)
    for name, found in after["types"].items():
        if name in before and found["labels"] != before[name]["labels"]:
            for statement in remake(after, name).statements():
                connection.execute(text(literally(statement)))


def _read(connection: Connection) -> Snapshot:
    return snapshot(connection, str(connection.scalar(text("SELECT current_schema()"))))
