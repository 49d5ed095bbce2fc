"""Does schema_history tell how the database came to be what it is?"""

from __future__ import annotations

from collections import Counter
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
_RUNS: Final = {"upgrade": 1, "downgrade": -1}


def check_history(context: VerifyContext) -> Iterator[Finding]:
    """Find revisions that are there twice, not at all, or with another file."""
    at = [each for each in context.recorded if each in context.revision_chain]
    rows, repeated = _accounts(context, at)
    if repeated:
        yield _duplicates(repeated)
    if len(context.recorded) != 1 or not at:
        return
    applied = context.revision_chain[: context.revision_chain.index(at[0]) + 1]
    if unknown := [revision for revision in applied if revision not in rows]:
        yield _unknown(context, unknown, at[0])
    for revision in applied:
        if (row := rows.get(revision)) and row.revision == revision:
            yield from _check_file(context, row)


def leads_to(context: VerifyContext, recorded: str) -> bool:
    """Tell whether what ran leads to a revision, in whatever order the clock has it."""
    runs = Counter[str]()
    for row in context.history:
        if row.direction not in _RUNS:
            return False  # what it was said to be depends on the order
        runs[row.revision] += _RUNS[row.direction]
    line = context.revision_chain
    applied = line[: line.index(recorded) + 1]
    return +runs == Counter(applied) and min(runs.values()) >= 0


def _accounts(
    context: VerifyContext, at: list[str]
) -> tuple[dict[str, Row[Any]], list[Row[Any]]]:
    """Say what accounts for each revision, and what is there twice."""
    if len(at) == 1 and leads_to(context, at[0]):
        upgrades = [row for row in context.history if row.direction == "upgrade"]
        return {row.revision: row for row in upgrades}, []
    return _replay(context)


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
