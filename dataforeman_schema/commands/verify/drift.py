"""Does the database differ from the models? Each difference is one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.verify.conflicts import conflicts
from dataforeman_schema.commands.verify.finding import Finding, Step
from dataforeman_schema.commands.verify.mending import mend, referrers
from dataforeman_schema.commands.verify.words import what, why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.changes import Change
    from dataforeman_schema.commands.verify.subject import Subject


def check_drift(subject: Subject) -> Iterator[Finding]:
    """Find what differs from the models in the tables that are there."""
    for change in subject.changes:
        if change.table in subject.missing_tables:
            continue  # the finding of the table mends it all
        where = f"table {change.table}" if change.table else "database"
        yield Finding(
            "drift",
            f"{change.name} of {where}" if change.name else where,
            "; ".join((what(change), *_conflicts(subject, change))),
            why(change),
            "\n".join(mend(subject, change)),
            # Once the primary key is back, and before other keys rest on this one.
            step=Step.INDEXES if referrers(subject, change) else change.step,
        )


def _conflicts(subject: Subject, change: Change) -> Iterator[str]:
    for operation in change.operations:
        yield from conflicts(subject, operation)
