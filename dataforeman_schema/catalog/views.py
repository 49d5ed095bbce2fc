"""The comparison of views, with what rests on them, and what they hold up."""

from __future__ import annotations

import logging
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Final

from alembic.operations import ops

from dataforeman_schema.catalog.objects import named
from dataforeman_schema.catalog.operation import ObjectOp, ReleaseOp
from dataforeman_schema.catalog.type_operations import RelabelOp, RemakeOp
from dataforeman_schema.catalog.view_definitions import can_replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from alembic.operations import MigrateOperation

    from dataforeman_schema.catalog.comparison import Comparison
    from dataforeman_schema.catalog.snapshot import Properties, Snapshot

log = logging.getLogger(__name__)

_Column = tuple[str, str]
"""The name of a relation and of a column of it."""
_Key = tuple[str | None, str]
"""The name of a table and of something that changes, "column x" say."""
_OF_VIEWS: Final = ("indexes", "triggers")


def compare_views(
    comparison: Comparison, operations: Collection[MigrateOperation]
) -> Iterator[ObjectOp]:
    """Compare all views.

    Args:
        comparison: Both sides.
        operations: What else changes; a view makes way for a column of another type.
    """
    live, expected = comparison.live["views"], comparison.expected["views"]
    changed = set(_changed(comparison))
    gone = dict(_gone(comparison, _retyped(operations), changed))
    for rank, name in enumerate(in_order(live), 1):
        if name in gone:
            yield _goes(comparison, name, -rank, gone[name])
    for rank, name in enumerate(in_order(expected), 1):
        if name in gone or name not in live:
            yield _comes(comparison, name, rank, gone.get(name))
        else:
            yield from _stays(comparison, name)


def _gone(
    comparison: Comparison, retyped: Mapping[_Column, _Key], changed: Collection[str]
) -> Iterator[tuple[str, frozenset[_Key]]]:
    """Find what views must go, at least for a moment, and what they would hold up."""
    holds: dict[str, frozenset[_Key]] = {}
    for name in reading(comparison.live, retyped, changed):
        if not comparison.is_ours("views", name):
            continue
        view = comparison.live["views"][name]
        columns = {retyped[key] for key in _reads(view) if key in retyped}
        others = (holds.get(each, ()) for each in _relations(view))
        held = frozenset(columns).union(*others)
        yield name, held
        itself = (None, f"view {name}")
        holds[name] = held if _is_back(comparison, name) else frozenset([itself])


def _changed(comparison: Comparison) -> Iterator[str]:
    """Name the views that go, or cannot become what they should be where they are."""
    for name, live in comparison.live["views"].items():
        expected = comparison.expected["views"].get(name)
        if expected is None:
            if comparison.is_ours("views", name):
                yield name
        elif comparison.differs("views", name) - {"comment"} and not (
            can_replace(live, expected) and not _is_read(comparison, name)
        ):
            yield name


def _is_read(comparison: Comparison, name: str) -> bool:
    sides = (comparison.live, comparison.expected)
    return any(
        name in _relations(view) for side in sides for view in side["views"].values()
    )


def _reads(view: Properties) -> set[_Column]:
    return {(relation, column) for relation, column in view["reads"] or ()}


def _relations(view: Properties) -> set[str]:
    return {relation for relation, _column in _reads(view)}


def in_order(views: dict[str, Properties]) -> list[str]:
    """Put views after those that they read."""
    graph = {name: _relations(view) & views.keys() for name, view in views.items()}
    return list(TopologicalSorter(graph).static_order())


def reading(
    side: Snapshot, columns: Collection[_Column], views: Collection[str] = ()
) -> Iterator[str]:
    """Find views that read some columns, or others of those views.

    Args:
        side: Where they are.
        columns: The columns that they must not read.
        views: Views that count too, whatever they read.

    Yields:
        Their names, each after those that it reads.
    """
    found: set[str] = set()
    for name in in_order(side["views"]):
        view = side["views"][name]
        reads = not _reads(view).isdisjoint(columns)
        if reads or name in views or not found.isdisjoint(_relations(view)):
            found.add(name)
            yield name


def _retyped(operations: Iterable[MigrateOperation]) -> dict[_Column, _Key]:
    """Name the columns that get another type before views come back, by what does."""
    found: dict[_Column, _Key] = {}
    for operation in operations:
        match operation:
            case ops.AlterColumnOp(modify_type=None):
                continue
            case ops.AlterColumnOp() | ops.DropColumnOp():  # a computed one goes early
                column = operation.table_name, operation.column_name
                found[column] = (column[0], f"column {column[1]}")
            case RelabelOp(otherwise=RemakeOp() as remake) | (
                RemakeOp(is_last=False) as remake
            ):
                for table, name, *_others in remake.columns:
                    found[table, name] = (None, f"type {remake.name}")
    return found


def _goes(
    comparison: Comparison, name: str, rank: int, holds: frozenset[_Key]
) -> ObjectOp:
    """Let a view go, with what is on it."""
    live = whole_view(comparison.live, name)
    if _is_back(comparison, name):
        return ReleaseOp("views", None, name, live, None, holds=holds, rank=rank)
    log.info("Detected removed or changed view %r", name)
    return ObjectOp("views", None, name, live, None, rank=rank)


def _comes(
    comparison: Comparison, name: str, rank: int, holds: frozenset[_Key] | None
) -> ObjectOp:
    """Let a view come, with what is on it."""
    expected = whole_view(comparison.expected, name)
    if holds is not None and _is_back(comparison, name):
        return ReleaseOp("views", None, name, None, expected, holds=holds, rank=rank)
    log.info("Detected added or changed view %r", name)
    return ObjectOp("views", None, name, None, expected, rank=rank)


def _is_back(comparison: Comparison, name: str) -> bool:
    """Tell whether a view that goes comes back as it is."""
    both = name in comparison.live["views"] and name in comparison.expected["views"]
    return both and not comparison.differs("views", name)


def _stays(comparison: Comparison, name: str) -> Iterator[ObjectOp]:
    """Compare a view that can become what it should be where it is."""
    if comparison.differs("views", name):
        log.info("Detected changed view %r", name)
        states = (
            comparison.live["views"][name],
            comparison.expected["views"][name],
        )
        yield ObjectOp("views", None, name, *states)
    for kind in _OF_VIEWS:
        yield from named(comparison, kind, name, None)


def whole_view(side: Snapshot, name: str) -> Properties:
    """Describe a view together with what is on it, and goes and comes with it."""
    parts = [
        (kind, key.removeprefix(f"{name}."), found)
        for kind in _OF_VIEWS
        for key, found in side[kind].items()
        if found["table"] == name
    ]
    return {**side["views"][name], "parts": parts}


def held_views(
    side: Snapshot, columns: Collection[_Column]
) -> Iterator[tuple[str, str, Properties]]:
    """List the views that read columns, in the order in which they go."""
    for name in reversed(list(reading(side, columns))):
        yield "views", name, whole_view(side, name)
