"""Does the database differ from the models? Each difference is one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from dataforeman_schema.commands.verify.changes import Change, changes
from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.mending import mend
from dataforeman_schema.commands.verify.orphans import count_orphans
from dataforeman_schema.commands.verify.words import what, why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.subject import Subject


def check_drift(subject: Subject) -> Iterator[Finding]:
    """Find what differs from the models in the tables that are there."""
    for change in changes(subject.drift):
        if change.table in subject.missing_tables:
            continue  # the finding of the table mends it all
        where = f"table {change.table}" if change.table else "database"
        yield Finding(
            "drift",
            f"{change.name} of {where}" if change.name else where,
            what(change) + _orphans(subject, change),
            why(change),
            "\n".join(mend(subject, change)),
        )


def _orphans(subject: Subject, change: Change) -> str:
    rows = sum(
        count_orphans(subject, operation)
        for operation in change.operations
        if isinstance(operation, ops.CreateForeignKeyOp)
    )
    if not rows:
        return ""
    return (
        f"; rows that refer to what does not exist: {rows}; the remedy treats them as "
        "the key would have done: restore what they refer to if there is a backup"
    )
