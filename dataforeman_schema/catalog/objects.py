"""The comparison of named objects: those of a table, and those of no table."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.comparison import is_harmful
from dataforeman_schema.catalog.concurrently import (
    ConcurrentIndexOp,
    is_made_beside_writers,
)
from dataforeman_schema.catalog.definitions import alter
from dataforeman_schema.catalog.operation import ObjectOp, RenameOp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.catalog.comparison import Comparison
    from dataforeman_schema.catalog.snapshot import Properties

log = logging.getLogger(__name__)

_LAST: Final = 10
"""The rank of functions and sequences, which can need types."""


def named(
    comparison: Comparison,
    kind: str,
    table: str,
    declared: Table | None,
) -> Iterator[ObjectOp]:
    """Compare the named objects of a table."""
    renamed = dict(_renamed(comparison, kind, table))
    for old, new in renamed.items():
        log.info("Detected renamed %s %r", kind, new)
        names = (_own(old, table), _own(new, table))
        yield RenameOp(kind, table, *names, comparison.expected[kind][new])
    for key in comparison.of_table(kind, table):
        if key in renamed or key in renamed.values():
            continue
        name = _own(key, table)
        if _takes_name(comparison, kind, key, name):
            log.info("Detected index %r, which has the name of another", key)
            properties = comparison.live[kind][key]
            yield RenameOp(kind, table, name, f"{name}_{table}", properties, frees=True)
            continue
        item = _item(declared, kind, name)
        yield from _object(comparison, kind, key, table, name, item)


def _object(
    comparison: Comparison,
    kind: str,
    key: str,
    table: str | None,
    name: str,
    item: SchemaItem | None = None,
) -> Iterator[ObjectOp]:
    """Compare one object; what cannot change in place goes and comes."""
    live, expected = comparison.live[kind].get(key), comparison.expected[kind].get(key)
    found = live or expected or {}
    if found.get("of_extension") and (live or not comparison.lacks(found)):
        return
    if live and expected:
        if not comparison.differs(kind, key):
            return
        log.info("Detected changed %s %r", kind, key)
        if alter(kind, name, live, expected) is not None:
            yield ObjectOp(kind, table, name, live, expected)
            return
    elif live and not _goes(comparison, kind, key, live):
        return
    else:
        log.info("Detected %s %s %r", "removed" if live else "added", kind, key)
    if live:
        replaced = expected is not None
        yield ObjectOp(kind, table, name, live, None, makes_way=replaced)
    if expected and not live and is_made_beside_writers(comparison, expected, item):
        yield ConcurrentIndexOp(str(table), name, expected)
    elif expected:
        yield ObjectOp(kind, table, name, None, expected, item=item)


def _goes(comparison: Comparison, kind: str, key: str, live: Properties) -> bool:
    return is_harmful(kind, live) or comparison.is_ours(kind, key)


def _renamed(
    comparison: Comparison, kind: str, table: str
) -> Iterator[tuple[str, str]]:
    """Find what is there as expected, but by another name."""
    if kind not in {"constraints", "indexes"}:
        return
    live, expected = comparison.live[kind], comparison.expected[kind]
    names = comparison.of_table(kind, table)
    missing = [name for name in names if name not in live]
    for old in [name for name in names if name not in expected]:
        for new in missing:
            if _alike(live[old], expected[new], kind):
                missing.remove(new)
                yield old, new
                break


def _takes_name(comparison: Comparison, kind: str, key: str, name: str) -> bool:
    """Tell whether an unknown index has the name of an expected one elsewhere."""
    if kind != "indexes" or comparison.is_ours(kind, key):
        return False
    return any(
        _own(other, found["table"]) == name
        for other, found in comparison.expected[kind].items()
    )


def _alike(live: Properties, expected: Properties, kind: str) -> bool:
    other = {"comment", "options", "index_valid", "valid"}
    other |= {"definition"} if kind == "indexes" else set()
    return all(live[key] == expected[key] for key in expected if key not in other)


def _own(key: str, table: str) -> str:
    return key.removeprefix(f"{table}.")


def _item(table: Table | None, kind: str, name: str) -> SchemaItem | None:
    """Find what declares, or reflects, a constraint or index."""
    if table is None or kind not in {"constraints", "indexes"}:
        return None
    items = table.indexes if kind == "indexes" else table.constraints
    return next((item for item in items if str(item.name) == name), None)


def unreflected(comparison: Comparison, live_table: Table) -> Iterator[ObjectOp]:
    """Let the downgrade bring back what SQLAlchemy does not reflect of a table."""
    table = live_table.name
    for key in comparison.of_table("constraints", table):
        live, name = comparison.live["constraints"].get(key), _own(key, table)
        if live and _is_of_serial(comparison, live):
            at_once, _, _ = live["definition"].partition(" DEFERRABLE")
            plain = {**live, "definition": at_once}
            yield ObjectOp("constraints", table, name, live, plain)
        elif live and is_unreflected(live):
            item = _item(live_table, "constraints", name)
            live_table.constraints.discard(item)
            for column in live["columns"] if live["type"] == "p" else ():
                live_table.c[column].primary_key = False
            yield ObjectOp("constraints", table, name, live, None)


def _is_of_serial(comparison: Comparison, live: Properties) -> bool:
    """Tell whether a key that can wait is of a SERIAL, which comes with a key only."""
    columns = {
        sequence["column"]
        for sequence in comparison.live["sequences"].values()
        if sequence["table"] == live["table"]
    }
    waits = live["type"] == "p" and "DEFERRABLE" in live["definition"]
    return waits and not columns.isdisjoint(live["columns"])


def is_unreflected(live: Properties) -> bool:
    """Tell whether SQLAlchemy does not reflect a constraint as it is."""
    waits = "DEFERRABLE" in live["definition"] and live["type"] in {"p", "u"}
    return live["type"] == "x" or waits or not live["enforced"]


def constraint_comments(comparison: Comparison, table: str) -> Iterator[ObjectOp]:
    """Bring, or let the downgrade bring back, what Alembic does not write."""
    for key in comparison.of_table("constraints", table):
        live = comparison.live["constraints"].get(key)
        expected = comparison.expected["constraints"].get(key)
        found = live or expected
        if found and found["comment"] and not (live and is_unreflected(live)):
            bare = {**found, "comment": None}
            states = (live, bare) if live else (bare, expected)
            yield ObjectOp("constraints", table, _own(key, table), *states)


def of_schema(comparison: Comparison, kind: str, key: str) -> Iterator[ObjectOp]:
    """Compare one object; a sequence comes and goes with its column or table."""
    live, expected = comparison.live[kind].get(key), comparison.expected[kind].get(key)
    found = expected or live or {}
    table = found.get("table")
    if table:
        column = f"{table}.{found['column']}"
        both = (comparison.live["columns"], comparison.expected["columns"])
        if not all(column in columns for columns in both):
            if live and expected and table in comparison.live["tables"]:
                yield _frees_sequence(key, live)
            return
    for operation in _object(comparison, kind, key, table, key):
        operation.rank = _LAST if operation.expected else -_LAST
        yield operation


def _frees_sequence(name: str, live: Properties) -> RenameOp:
    """Leave the name to the sequence that comes with a missing column."""
    log.info("Detected sequence %r, which has the name of another", name)
    other = f"{name}_{live['column'] or 'before'}"
    return RenameOp("sequences", live["table"], name, other, live, frees=True)
