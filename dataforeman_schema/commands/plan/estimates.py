"""What a plan costs and loses on the tables as they are, by the server's statistics.

What is lost is estimated, not counted: to count takes locks, and time. The guard counts
when the upgrade runs, and refuses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.plan.state import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dataforeman_schema.commands.plan.live import Live
    from dataforeman_schema.commands.plan.state import (
        Index,
        Loss,
        RevisionPlan,
        Statement,
    )

_ENTRY_BYTES: Final = 16
"""What an index needs for an entry beside its values: its header, and where it is."""
_FILLED: Final = 0.9
"""How full a new B-tree's pages are."""
_WIDTH: Final = 16
"""The width of values of which the server has no statistics (bytes)."""


def estimated(revision: RevisionPlan, live: Live) -> RevisionPlan:
    """Add to a revision what it needs and loses."""
    statements = tuple(_estimated(each, live) for each in revision.statements)
    return replace(revision, statements=statements)


def _estimated(statement: Statement, live: Live) -> Statement:
    return replace(
        statement,
        disk_bytes=_disk(statement, live),
        loses=tuple(_counted(loss, live) for loss in statement.loses),
    )


def _disk(statement: Statement, live: Live) -> int | None:
    """Add up copies of tables with their indexes, and indexes of others."""
    copies = (live.tables.get(name) for name in statement.rewrites)
    others = (each for each in statement.builds if each.table not in statement.rewrites)
    needs = [
        *(table.total_bytes for table in copies if table),
        *(_index_bytes(index, live) for index in others),
    ]
    known = [each for each in needs if each is not None]
    return sum(known) if known else None


def _index_bytes(index: Index, live: Live) -> int | None:
    table = live.tables.get(index.table)
    if table is None or table.rows is None:
        return None
    columns = ((index.table, column) for column in index.columns)
    widths = sum(live.columns.get(column, (_WIDTH, 0.0))[0] for column in columns)
    entry = _ENTRY_BYTES + widths + _WIDTH * index.expressions
    return round(table.rows * entry / _FILLED)


def _counted(loss: Loss, live: Live) -> Loss:
    table = live.tables.get(loss.table)
    if table is None or table.rows is None:
        return loss
    if loss.column is None:
        return replace(loss, count=table.rows)
    _, nulls = live.columns.get((loss.table, loss.column), (0, 0.0))
    return replace(loss, count=round(table.rows * (1 - nulls)))


def concerned(revisions: Iterable[RevisionPlan]) -> set[str]:
    """Name the tables that statements concern."""
    return {
        name
        for revision in revisions
        for statement in revision.statements
        for name in statement.tables
    }


def too_many_locks(revisions: Iterable[RevisionPlan], live: Live) -> Iterator[str]:
    """Warn of revisions that lock more chunks than the server has room for locks."""
    for revision in revisions:
        need = sum(_chunk_locks(each, live) for each in revision.statements)
        if need > live.lock_table / 2:  # others need some, too
            yield (
                f"{revision.revision} takes about {need} locks on chunks, of "
                f"{live.lock_table} that the server has room for: raise "
                "max_locks_per_transaction and restart it first"
            )


def _chunk_locks(statement: Statement, live: Live) -> int:
    tables = {lock.table for lock in statement.locks if lock.part == Part.CHUNKS}
    facts = (live.tables.get(name) for name in tables)
    chunks = sum(each.chunks or 0 for each in facts if each)
    return chunks * statement.locks_per_chunk
