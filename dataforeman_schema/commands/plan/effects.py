"""What a statement did, by what its session locked and the catalog says of it."""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.plan.catalog import READ
from dataforeman_schema.commands.plan.state import Index, Lock, Loss, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.plan.catalog import Modes, Relation, Relations

_FIRST_OF_USERS: Final = 16384
"""The lowest object id that is not the server's own."""


def locks(taken: Modes, base: Relations) -> Iterator[Lock]:
    """Name the locks on tables that were there before the revision.

    For what it makes itself nobody can wait; what only reads keeps nobody waiting.

    Args:
        taken: What the statement locked.
        base: What was there before the revision.
    """
    for oid, mode in taken:
        if (relation := base.get(oid)) and mode != READ:
            yield Lock(relation.table, mode, _part(relation))


def locks_per_chunk(taken: Modes, base: Relations) -> int:
    """Count what is locked of a chunk: itself, its indexes, what it has of long values.

    A hypertable has as much as one of its chunks.
    """
    known = [each for oid, each in base.items() if oid in {oid for oid, _ in taken}]
    tables = {each.table for each in known if each.is_chunk}
    parts = [each for each in base.values() if each.table in tables]
    whole = sum(not each.is_index for each in parts)
    locked = {oid for oid, _ in taken if oid >= _FIRST_OF_USERS}
    return ceil(len(locked) / whole) if whole else 0


def _part(relation: Relation) -> Part:
    if relation.is_chunk:
        return Part.CHUNKS
    return Part.INDEX if relation.is_index else Part.TABLE


def rewritten(before: Relations, after: Relations) -> set[str]:
    """Name the tables that have another file, and so were written anew."""
    return {
        was.table
        for oid, was in before.items()
        if not was.is_index and oid in after and after[oid].file != was.file
    }


def scanned(before: Relations, after: Relations) -> set[str]:
    """Name the tables that were read from end to end."""
    return {
        was.table
        for oid, was in before.items()
        if oid in after and not was.is_index and after[oid].scans != was.scans
    }


def built(before: Relations, after: Relations, base: Relations) -> Iterator[Index]:
    """List the indexes that are new, or written anew, on tables of the base."""
    tables = {each.name for each in base.values() if not each.is_index}
    for oid, now in after.items():
        was = before.get(oid)
        is_new = was is None or was.file != now.file
        if now.is_index and not now.is_chunk and is_new and now.table in tables:
            yield _index(now)


def _index(relation: Relation) -> Index:
    names = tuple(relation.columns[key][0] for key in relation.keys if key)
    return Index(relation.table, relation.name, names, relation.keys.count(0))


def lost(
    sql: str, before: Relations, after: Relations, base: Relations
) -> Iterator[Loss]:
    """List the tables and columns of the base that go, are emptied or are converted.

    Args:
        sql: The statement.
        before: What of the base was there before it.
        after: What is there after it.
        base: What was there before the revision.
    """
    empties = re.match(r"\s*TRUNCATE\b", sql, re.IGNORECASE)
    for oid, was in before.items():
        if was.kind not in {"r", "p", "m"} or was.is_chunk:
            continue
        now = after.get(oid)
        if now is None or (empties and now.file != was.file):
            yield Loss(was.table)
            continue
        for number in was.columns.keys() & base[oid].columns.keys():
            yield from _lost_values(number, was, now)


def _lost_values(number: int, was: Relation, now: Relation) -> Iterator[Loss]:
    name, kind = was.columns[number]
    if number not in now.columns:
        yield Loss(was.table, name)
    elif now.columns[number][1] != kind and now.file != was.file:
        yield Loss(was.table, name, retyped=True)
