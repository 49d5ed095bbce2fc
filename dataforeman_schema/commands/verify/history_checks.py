"""Does schema_history tell how the database came to be what it is?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alembic.script import Script

from dataforeman_schema.alembic_env.history import HISTORY, checksum
from dataforeman_schema.catalog.definitions import literal
from dataforeman_schema.catalog.words import literal_line
from dataforeman_schema.commands.findings import Check, Finding, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Row

    from dataforeman_schema.commands.context import VerifyContext

WHERE: Final = f"table {HISTORY.name}"


def check_history(context: VerifyContext) -> Iterator[Finding]:
    """Find revisions that are there twice, not at all, or with another file."""
    rows, repeated = _replay(context)
    if repeated:
        yield _duplicates(repeated)
    at = [each for each in context.recorded if each in context.revision_chain]
    if len(context.recorded) != 1 or not at:
        return
    applied = context.revision_chain[: context.revision_chain.index(at[0]) + 1]
    if unknown := [revision for revision in applied if revision not in rows]:
        yield _unknown(context, unknown, at[0])
    for revision in applied:
        if (row := rows.get(revision)) and row.revision == revision:
            yield from _check_file(context, row)


def _replay(context: VerifyContext) -> tuple[dict[str, Row[Any]], list[Row[Any]]]:
    """Follow the history: what accounts for each revision, and what is there twice."""
    applied: dict[str, Row[Any]] = {}
    repeated: list[Row[Any]] = []
    for row in context.history:
        if row.direction == "upgrade" and row.revision in applied:
            repeated.append(row)
        elif row.direction == "upgrade":
            applied[row.revision] = row
        elif row.direction == "downgrade":
            applied.pop(row.revision, None)
        else:
            applied = _stamped(context.revision_chain, row, applied)
    return applied, repeated


def _stamped(
    line: list[str], row: Row[Any], applied: dict[str, Row[Any]]
) -> dict[str, Row[Any]]:
    """Say what accounts for each revision once the database was said to be at one."""
    if row.direction == "unstamp" or row.revision not in line:
        return {}
    before = line[: line.index(row.revision)]
    return {**{each: applied.get(each, row) for each in before}, row.revision: row}


def _duplicates(rows: list[Row[Any]]) -> Finding:
    keys = ", ".join(
        f"({literal(r.applied_at)}, {literal_line(r.revision)})" for r in rows
    )
    names = ", ".join(sorted({row.revision for row in rows}))
    return Finding(
        Check.HISTORY,
        WHERE,
        f"duplicates: {names} ran again without a downgrade in between",
        "no service fails while the tables are there, but the history cannot be relied "
        "on",
        f"DELETE FROM {HISTORY.name} WHERE (applied_at, revision) IN ({keys});",
    )


def _unknown(context: VerifyContext, revisions: list[str], at: str) -> Finding:
    return Finding(
        Check.HISTORY,
        WHERE,
        f"the database is at {at}, but nothing tells that {', '.join(revisions)} ran",
        "a file that changed since cannot be noticed; alembic_version may have been "
        "edited by hand",
        stamp(context.database, at),
    )


def _check_file(context: VerifyContext, row: Row[Any]) -> Iterator[Finding]:
    script = context.scripts.get(row.revision)
    if not isinstance(script, Script) or checksum(script) == row.checksum:
        return
    yield Finding(
        Check.HISTORY,
        f"revision {row.revision}",
        f"it ran from another file than {script.path}, which was changed or comes from "
        f"another release than {row.package_version}; the remedy accepts the file as "
        "it is now",
        "a database that is made anew may differ from this one; what differs from the "
        "models is found apart from this",
        f"UPDATE {HISTORY.name} SET checksum = {literal(checksum(script))} "
        f"WHERE revision = {literal(row.revision)};",
    )
