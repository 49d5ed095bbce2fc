"""What must go for a moment while something else is changed that it holds."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from dataforeman_schema.catalog.definitions import quote, unquoted
from dataforeman_schema.catalog.operation import ObjectOp, ReleaseOp
from dataforeman_schema.catalog.retype import RetypeOp, crosses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from alembic.operations import MigrateOperation

    from dataforeman_schema.catalog.comparison import Comparison
    from dataforeman_schema.catalog.snapshot import Properties

_Key = tuple[str, str]
"""The name of a table and of an object of it, "column x" say."""
_Replaced = dict[tuple[str, frozenset[str]], _Key]
"""Keys that go, by their table and columns."""
_Retyped = dict[_Key, bool]
"""Columns by table and name, and whether values of both types do not compare."""


def releases(
    comparison: Comparison, operations: Collection[MigrateOperation]
) -> Iterator[ReleaseOp]:
    """Find the unchanged foreign keys and triggers that hold what changes.

    Args:
        comparison: Both sides.
        operations: All that is changed.

    Yields:
        Two operations for each: one lets it go, one brings it back.
    """
    changing = {
        (operation.kind, f"{operation.table_name}.{operation.name}")
        for operation in operations
        if isinstance(operation, ObjectOp)
    }
    replaced, retyped = dict(_keys(operations)), dict(_columns(operations))
    for kind, find in _HOLDERS:
        for key, live in comparison.live[kind].items():
            stays = key in comparison.expected[kind] and (kind, key) not in changing
            if stays and (holds := find(live, replaced, retyped)):
                yield from _pair(kind, key, live, holds)


def _pair(
    kind: str, key: str, live: Properties, holds: set[_Key]
) -> Iterator[ReleaseOp]:
    table = live["table"]
    names = (table, key.removeprefix(f"{table}."))
    for states in ((live, None), (None, live)):
        yield ReleaseOp(kind, *names, *states, holds=frozenset(holds))


def _keys(operations: Collection[MigrateOperation]) -> Iterator[tuple[Any, _Key]]:
    for op in operations:
        if not isinstance(op, ObjectOp) or op.live is None or op.expected is not None:
            continue
        table = str(op.table_name)
        if op.kind == "constraints" and op.live["type"] in {"p", "u"}:
            columns = frozenset(map(quote, op.live["columns"]))
            yield (table, columns), (table, f"constraint {op.name}")
        elif op.kind == "indexes" and op.live["unique"]:
            columns = frozenset(op.live["keys"][: op.live["key_count"]])
            yield (table, columns), (table, f"index {op.name}")


def _columns(operations: Collection[MigrateOperation]) -> Iterator[tuple[_Key, bool]]:
    for op in operations:
        if isinstance(op, RetypeOp) and op.modify_type is not None:
            old, new = op.existing_type, op.modify_type
            yield (op.table_name, op.column_name), old is None or crosses(old, new)


def _held_by_key(live: Properties, replaced: _Replaced, retyped: _Retyped) -> set[_Key]:
    if live["type"] != "f":
        return set()
    referent = unquoted(live["referent"])
    columns = frozenset(map(quote, live["referent_columns"]))
    concerned = chain(
        ((live["table"], column) for column in live["columns"]),
        ((referent, column) for column in live["referent_columns"]),
    )
    held = {
        (table, f"column {column}")
        for table, column in concerned
        if retyped.get((table, column))
    }
    if key := replaced.get((referent, columns)):
        held.add(key)
    return held


def _held_by_trigger(
    live: Properties, _replaced: _Replaced, retyped: _Retyped
) -> set[_Key]:
    return {
        (table, f"column {column}")
        for table, column in retyped
        if table == live["table"] and column in (live["columns"] or ())
    }


_HOLDERS: Final = (("constraints", _held_by_key), ("triggers", _held_by_trigger))
