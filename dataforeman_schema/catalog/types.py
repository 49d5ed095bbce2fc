"""The comparison of enums, domains and ranges."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.definitions import alter
from dataforeman_schema.catalog.objects import is_unreflected
from dataforeman_schema.catalog.operation import ObjectOp
from dataforeman_schema.catalog.type_definitions import add_labels, together
from dataforeman_schema.catalog.type_operations import (
    LabelsOp,
    RelabelOp,
    RemakeOp,
    TypedColumn,
)
from dataforeman_schema.catalog.views import held_views
from dataforeman_schema.catalog.words import literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataforeman_schema.catalog.comparison import Comparison
    from dataforeman_schema.catalog.snapshot import Properties, Snapshot
    from dataforeman_schema.catalog.type_operations import Held

log = logging.getLogger(__name__)

_RANKS: Final = {"e": 1, "r": 2, "d": 3}
"""Domains can be made of the others."""
_ARGUMENT: Final = re.compile(r'[(, ]("[^"]*"|\w+)(?:\[\])?(?=[,)])')
"""Finds the types of a function's arguments in its signature."""


def compare_types(comparison: Comparison) -> Iterator[ObjectOp]:
    """Compare all types."""
    live, expected = comparison.live["types"], comparison.expected["types"]
    for name in {**expected, **live}:
        if name in live and name in expected:
            yield from _changed(comparison, name)
        elif name in expected:
            log.info("Detected added type %r", name)
            rank = _RANKS[expected[name]["kind"]]
            yield ObjectOp("types", None, name, None, expected[name], rank=rank)
        elif comparison.is_ours("types", name):
            log.info("Detected removed type %r", name)
            rank = -_RANKS[live[name]["kind"]]
            yield ObjectOp("types", None, name, live[name], None, rank=rank)


def _changed(comparison: Comparison, name: str) -> Iterator[ObjectOp]:
    if not comparison.differs("types", name):
        return
    log.info("Detected changed type %r", name)
    live = comparison.live["types"][name]
    expected = comparison.expected["types"][name]
    if live["kind"] == expected["kind"] == "e" and live["labels"] != expected["labels"]:
        yield from _relabelled(comparison, name, live, expected)
    elif alter("types", name, live, expected) is not None:
        yield ObjectOp("types", None, name, live, expected)
    else:
        yield _remake(comparison, name, live, expected)


def _relabelled(
    comparison: Comparison, name: str, live: Properties, expected: Properties
) -> Iterator[ObjectOp]:
    """Compare the labels of an enum: those that come are there before they are used."""
    before, after = live["labels"], expected["labels"]
    gone = [label for label in before if label not in after]
    come = [label for label in after if label not in before]
    if gone and come:
        whole = _remake(comparison, name, live, expected)
        yield _asked(comparison, whole, list(zip(gone, come, strict=False)))
        return
    grown = expected
    if add_labels(name, before, after) is None:
        grown = labelled(name, expected, together(before, after))
        yield _remake(comparison, name, grown, expected, comparison.expected)
    if come:
        back = _remake(comparison, name, grown, live, comparison.live)
        yield LabelsOp(name, live, grown, back)


def _asked(
    comparison: Comparison, whole: RemakeOp, renames: list[tuple[str, str]]
) -> RelabelOp:
    new, live, expected = dict(renames), whole.live or {}, whole.expected or {}
    labels = [new.get(label, label) for label in live["labels"]]
    rest = None
    if labels != expected["labels"]:
        renamed = labelled(whole.name, expected, labels)
        rest = _remake(comparison, whole.name, renamed, expected)
    return RelabelOp(renames, rest, whole)


def labelled(name: str, found: Properties, labels: Sequence[str]) -> Properties:
    """Describe an enum with other labels."""
    listed = ", ".join(map(literal, labels))
    definition = f"CREATE TYPE {quote(name)} AS ENUM ({listed})"
    return {**found, "labels": list(labels), "definition": definition}


def remake(side: Snapshot, name: str) -> RemakeOp:
    """Make a type anew as it is, with all that has it."""
    columns = list(_columns(side, name))
    held = list(_held(side, name, columns, with_views=True))
    found = side["types"][name]
    return RemakeOp(name, found, found, columns, held)


def _remake(
    comparison: Comparison,
    name: str,
    live: Properties,
    expected: Properties,
    whole: Snapshot | None = None,
) -> RemakeOp:
    """Make a type anew, with the columns that have it when that is done.

    Args:
        comparison: Both sides.
        name: Name of the type.
        live: What it is like.
        expected: What it shall be like.
        whole: The side that is there as a whole then: the operation runs last, in its
            direction; None: it runs when what changes is away.
    """
    side = whole or comparison.live
    columns = [
        column
        for column in _columns(side, name)
        if comparison.is_ours("columns", f"{column.table}.{column.name}")
    ]
    held = list(_held(side, name, columns, with_views=whole is not None))
    if whole is None:
        held = [each for each in held if _stays(comparison, *each)]
    is_last = whole is not None
    return RemakeOp(name, live, expected, columns, held, is_last=is_last)


def _columns(side: Snapshot, name: str) -> Iterator[TypedColumn]:
    for key, found in side["columns"].items():
        table = found["table"]
        kind = found["type"].removesuffix("[]")
        if kind == quote(name) and table in side["tables"]:
            own = key.removeprefix(f"{table}.")
            yield TypedColumn(table, own, found["type"] != kind, found["default"])


def _held(
    side: Snapshot, name: str, columns: Sequence[TypedColumn], *, with_views: bool
) -> Iterator[Held]:
    """Find what rests on columns; foreign keys go first, and come back last."""
    of_type = {(column.table, column.name) for column in columns}
    if with_views:  # at other times they are away
        yield from held_views(side, of_type)
    for kind in ("triggers", "constraints", "indexes"):
        for key, found in side[kind].items():
            own = {(found["table"], each) for each in found.get("columns") or ()}
            refers = found.get("type") == "f" or kind == "triggers"
            rests = refers and not own.isdisjoint(of_type)
            rests = rests or f"::{quote(name)}" in found["definition"]
            if rests and not found.get("of_view"):
                yield kind, key.removeprefix(f"{found['table']}."), found
    for key, found in side["functions"].items():
        kinds = {found["returns"].removesuffix("[]"), *_ARGUMENT.findall(key)}
        if quote(name) in kinds:
            yield "functions", key, found


def _stays(comparison: Comparison, kind: str, name: str, live: Properties) -> bool:
    """Tell whether an object is there, as it is, whenever a type is made anew."""
    if kind == "constraints" and _goes(comparison, live["table"]):
        return not is_unreflected(live)  # it goes with its table, later
    key = f"{live['table']}.{name}" if live.get("table") else name
    there = key in comparison.expected[kind]
    return there and not comparison.differs(kind, key)


def _goes(comparison: Comparison, table: str) -> bool:
    """Tell whether a live table is dropped."""
    is_expected = table in comparison.expected["tables"]
    return not is_expected and comparison.is_ours("tables", table)
