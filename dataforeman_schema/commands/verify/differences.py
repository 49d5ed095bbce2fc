"""Does the database differ from what its revision makes? One finding an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.catalog.conflicts import conflicts
from dataforeman_schema.catalog.definitions import unquoted
from dataforeman_schema.catalog.describe import describe
from dataforeman_schema.catalog.fixes import fix_sql
from dataforeman_schema.commands.findings import Finding
from dataforeman_schema.commands.verify.bookkeeping import bookkeeping_change
from dataforeman_schema.commands.verify.messages import check_of, impact
from dataforeman_schema.commands.verify.notes import notes
from dataforeman_schema.commands.verify.tables import check_tables, renamed_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.commands.context import VerifyContext
    from dataforeman_schema.commands.findings import Note


def check_differences(context: VerifyContext) -> Iterator[Finding | Note]:
    """Find what is not as the database's revision makes it."""
    yield from check_tables(context)
    missing = [str(change.table) for change in context.missing]
    renamed = {renamed_table(context, table) for table in missing}
    for change in context.changes:
        own = bookkeeping_change(context, change)
        if own is not None:
            yield from own
        # The finding of its table, or of the table it refers to, mends the others.
        elif not (change.table in missing or _referent(change) in renamed):
            yield _difference(context, change)
    yield from notes(context)


def _referent(change: Change) -> str:
    return unquoted(str((change.live or {}).get("referent") or ""))


def _difference(context: VerifyContext, change: Change) -> Finding:
    clauses = (
        clause
        for operation in change.operations
        for clause in conflicts(context, operation)
    )
    return Finding(
        check_of(change),
        change.where,
        "; ".join((describe(change), *clauses)),
        impact(change),
        "\n".join(fix_sql(context, change)),
        step=change.step,
    )
