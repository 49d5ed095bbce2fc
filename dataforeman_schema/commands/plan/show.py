"""Showing what an upgrade would do, to people and to programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.commands.plan.state import Part, Source
from dataforeman_schema.commands.status.words import size
from dataforeman_schema.output import echo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.plan.state import (
        DatabasePlan,
        Lock,
        Loss,
        RevisionPlan,
        Statement,
        TableFacts,
    )

    _Facts = dict[str, TableFacts]
    _Held = dict[tuple[str, Part], int]

_LONGEST: Final = 160

WAITS: Final = {
    "RowShareLock": "nobody waits but what takes the table for itself",
    "RowExclusiveLock": "nobody waits but DDL",
    "ShareUpdateExclusiveLock": "VACUUM and DDL wait, readers and writers go on",
    "ShareLock": "writers wait, readers go on",
    "ShareRowExclusiveLock": "writers wait, readers go on",
    "ExclusiveLock": "writers wait, readers go on",
    "AccessExclusiveLock": "readers and writers wait",
}
"""What waits for a lock of each mode, weakest first."""

_SOURCES: Final = {
    Source.MEASURED: "",
    Source.DOCUMENTED: ", as documented",
    Source.AT_MOST: ", at most",
}


def show(plans: list[DatabasePlan], *, as_json: bool) -> None:
    """Print what an upgrade would do.

    Args:
        plans: One a database.
        as_json: Whether for programs; docs/commands.md lists the keys.
    """
    if as_json:
        databases = {"databases": [asdict(plan) for plan in plans]}
        print_json(databases)
        return
    for plan in plans:
        for line in _lines(plan):
            echo(line)


def _lines(plan: DatabasePlan) -> Iterator[str]:
    at = ", ".join(plan.current) or "nothing"
    yield f"{plan.title}: at {at}, {plan.does}"
    for warning in plan.warnings:
        yield f"  warning: {warning}"
    facts = {table.name: table for table in plan.tables}
    for revision in plan.revisions:
        yield f"  {revision.revision} ({revision.message.rstrip('.')}):"
        for line in _revision(revision, facts):
            yield f"    {line}"


def _revision(revision: RevisionPlan, facts: _Facts) -> Iterator[str]:
    held: _Held = {}
    for number, statement in enumerate(revision.statements, 1):
        yield f"{number}. {_shortened(statement.sql)}"
        if not statement.in_transaction:
            held.clear()
            yield "     outside of a transaction: a failure later does not undo it"
        for line in _statement(statement, facts, held):
            yield f"     {line}"
        if not statement.in_transaction:
            held.clear()
    if held:
        yield "It holds these locks until it ends."
    if revision.unknown:
        yield f"From here on nothing is known: {revision.unknown}"
    elif not revision.statements:
        yield "It changes nothing."


def _statement(statement: Statement, facts: _Facts, held: _Held) -> Iterator[str]:
    for lock in sorted(statement.locks, key=_strength, reverse=True):
        yield from _lock(lock, facts, held)
    for name in statement.rewrites:
        yield f"writes {_sized(name, facts)} and its indexes anew"
    for name in sorted({*statement.scans} - {*statement.rewrites}):
        yield f"reads all of {_sized(name, facts)}"
    for index in statement.builds:
        if index.table not in statement.rewrites:
            yield f"builds {index.name} on {_sized(index.table, facts)}"
    for loss in statement.loses:
        yield _loss(loss)
    if statement.disk_bytes:
        yield f"needs about {size(statement.disk_bytes)} of disk"


def _strength(lock: Lock) -> tuple[int, bool]:
    return [*WAITS].index(lock.mode), lock.part == Part.TABLE


def _lock(lock: Lock, facts: _Facts, held: _Held) -> Iterator[str]:
    """Say what a lock adds to those that the revision holds already."""
    strength, _ = _strength(lock)
    of_table = held.get((lock.table, Part.TABLE), -1)
    held_already = held.get((lock.table, lock.part), -1)
    if lock.part == Part.INDEX:  # nobody gets as far as an index of a locked table
        held_already = max(held_already, of_table)
    if strength <= held_already or not (of := _locked(lock, facts)):
        return
    held[lock.table, lock.part] = strength
    yield f"{_words(lock.mode)} on {of}{_SOURCES[lock.source]}: {WAITS[lock.mode]}"


def _locked(lock: Lock, facts: _Facts) -> str:
    if lock.part == Part.TABLE:
        return _sized(lock.table, facts)
    if lock.part == Part.INDEX:
        return f"an index of {_sized(lock.table, facts)}"
    table = facts.get(lock.table)
    chunks = (table and table.chunks) or 0
    turn = ", one at a time" if lock.source == Source.DOCUMENTED else ""
    return f"{chunks} chunks of {lock.table}{turn}" if chunks else ""


def _words(mode: str) -> str:
    """Write a mode as SQL does: AccessExclusiveLock is ACCESS EXCLUSIVE."""
    spaced = "".join(f" {c}" if c.isupper() else c for c in mode.removesuffix("Lock"))
    return spaced.strip().upper()


def _sized(name: str, facts: _Facts) -> str:
    table = facts.get(name)
    if table is None:
        return name
    rows = "unknown rows" if table.rows is None else f"about {table.rows:,} rows"
    if table.total_bytes is None:
        return f"{name} ({rows}, locked by another session, which hides its size)"
    return f"{name} ({rows}, {size(table.total_bytes)})"


def _loss(loss: Loss) -> str:
    of = f"{loss.table}.{loss.column}" if loss.column else loss.table
    kind = "values" if loss.column else "rows"
    count = "an unknown number of" if loss.count is None else f"about {loss.count:,}"
    if loss.retyped:
        return f"converts {count} values of {of}"
    return f"loses {count} {kind} of {of}"


def _shortened(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
