"""Differences that TimescaleDB's comparison finds, in words.

Its operations describe themselves: "add_columnstore_policy", say, with the relation,
its schema and the declared state; where something is altered, the live state is before.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from dataforeman_schema.catalog.changes import noun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation

_WHY: Final = {
    "hypertable": "no chunk can be dropped or skipped; as it grows, {fails}",
    "chunk interval": "chunks do not fit the memory planned for them; then {fails}",
    "columnstore": "readings take many times the space; when the disk is full, {fails}",
    "retention policy": "rows go too soon, or stay until the disk is full",
}


def describe(first: MigrateOperation, last: MigrateOperation) -> str:
    """Say what is wrong with a feature.

    Args:
        first: What fixes it.
        last: The same, or what gives the feature back after the first took it away.
    """
    kind, _relation, _schema, *states = first.to_diff_tuple()
    if not states:
        return "it must go while something else is changed"
    if last is not first:
        return "; ".join(_differences(states[0], last.to_diff_tuple()[-1]))
    if kind == "add_hypertable":
        return (
            "the table is a plain one; the remedy moves its rows into chunks, and "
            "nobody can use it meanwhile"
        )
    if kind.startswith("add_"):
        return "it is missing"
    if kind.startswith("remove_"):
        return "the schema has no such thing"
    notes = [str(state) for state in states[1:-1]]
    return "; ".join([*_differences(states[0], states[-1]), *map(_note, notes)])


def _note(text: str) -> str:
    """Take a note out of the sentence that a migration has it in."""
    return text.removeprefix("Of the existing policy: ").removesuffix(".")


def impact(operation: MigrateOperation, fails: str) -> str:
    """Say why it matters.

    Args:
        operation: What fixes it.
        fails: What goes wrong where the table does not do its duty.
    """
    name = noun(operation)
    words = next(
        (words for feature, words in _WHY.items() if name.startswith(feature)),
        "as it grows, {fails}",
    )
    return words.format(fails=fails)


def _differences(live: object, declared: object) -> Iterator[str]:
    if not (is_dataclass(live) and is_dataclass(declared)):
        yield f"it is {_text(live)}, the schema says {_text(declared)}"
        return
    for field in fields(declared):
        old, new = getattr(live, field.name, None), getattr(declared, field.name)
        if old != new:
            name = field.name.replace("_", " ")
            yield f"its {name} is {_text(old)}, the schema says {_text(new)}"


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a feature is described by
    if isinstance(value, timedelta):
        return str(value).removesuffix(", 0:00:00")
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_text, value))})"
    return "none" if value is None else str(value)
