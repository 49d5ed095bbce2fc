"""The sparse indexes of the columnstore, as text and typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .ddl import identifier
from .errors import DeclarationError
from .order import OrderBy, parse_order
from .releases import COMPOSITE_BLOOM, FIRST_LAST, SPARSE_INDEXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .releases import ServerFeature

_INDEX: Final = r"(?s)\s*(?P<kind>\w+)\s*\((?P<columns>.*)\)\s*"
_KINDS: Final = ("bloom", "minmax", "firstlast")


@dataclass(frozen=True, order=True)
class SparseIndex:
    """What the columnstore keeps of each batch of rows, to pass over batches by it.

    Made by `bloom`, `minmax` and `firstlast`, or written as ``"bloom(tag)"``.

    Attributes:
        kind: What it keeps: ``bloom``, ``minmax`` or ``firstlast``.
        columns: The columns' names in the database, sorted: their order says nothing.
    """

    kind: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(map(identifier, self.columns))})"


def bloom(*columns: str) -> SparseIndex:
    """Choose a filter that says whether a batch may have certain values.

    Args:
        columns: The column's name in the database; of several columns, the filter is
            of their values together (TimescaleDB 2.26 and later).

    Returns:
        The index, for ``Columnstore(sparse_indexes=…)``.
    """
    return SparseIndex("bloom", tuple(sorted(columns)))


def minmax(column: str) -> SparseIndex:
    """Choose to keep the least and the greatest value of a column.

    Args:
        column: The column's name in the database.

    Returns:
        The index, for ``Columnstore(sparse_indexes=…)``.
    """
    return SparseIndex("minmax", (column,))


def firstlast(column: str) -> SparseIndex:
    """Choose to keep the first and the last value of a column in the batch's order.

    Args:
        column: The column's name in the database.

    Returns:
        The index, for ``Columnstore(sparse_indexes=…)``: TimescaleDB 2.28 and later.
    """
    return SparseIndex("firstlast", (column,))


def parse_index(text: str) -> SparseIndex:
    """Read a sparse index as SQL writes it.

    Args:
        text: The index, such as ``bloom(tag, "Room")``.

    Returns:
        The index.

    Raises:
        DeclarationError: It is no such index.
    """
    match = re.fullmatch(_INDEX, text)
    terms = parse_order(match["columns"]) if match else ()
    if match is None or any(term != OrderBy(term.column) for term in terms):
        raise DeclarationError(f"{text!r} is not a sparse index such as 'bloom(tag)'")
    columns = sorted(term.column for term in terms)
    return SparseIndex(match["kind"].lower(), tuple(columns))


def typed_indexes(
    indexes: Sequence[SparseIndex | str] | None,
) -> tuple[SparseIndex, ...] | None:
    """Read indexes of which some are texts; their order says nothing either."""
    if indexes is None:
        return None
    return tuple(sorted(parse_index(str(index)) for index in indexes))


def index_problems(indexes: Sequence[SparseIndex]) -> Iterator[str]:
    """Say in words what no release takes of sparse indexes, whatever their table."""
    for index in indexes:
        if index.kind not in _KINDS:
            yield f"{index.kind!r} is no sparse index; there are {', '.join(_KINDS)}"
        if not index.columns:
            yield f"the sparse index {index} names no column"
        if len(set(index.columns)) < len(index.columns):
            yield f"the sparse index {index} names a column twice"
        if len(index.columns) > 1 and index.kind != "bloom":
            yield f"{index}: only bloom takes several columns"
        if sum(other.columns == index.columns for other in indexes) > 1:
            yield f"the columns of {index} have another sparse index"


def needed_features(indexes: Sequence[SparseIndex]) -> list[ServerFeature]:
    """Say what a server must have to make the choice, or that of none.

    One that lacks composite filters would make one of the first column, and not say so.
    """
    composite = any(len(index.columns) > 1 for index in indexes)
    first_last = any(index.kind == "firstlast" for index in indexes)
    return [
        SPARSE_INDEXES,
        *([COMPOSITE_BLOOM] if composite else []),
        *([FIRST_LAST] if first_last else []),
    ]


def chosen_indexes(
    catalog: Iterable[dict[str, Any]] | None, columns: Iterable[str]
) -> tuple[SparseIndex, ...] | None:
    """Take the indexes that somebody chose from what the catalog has.

    Args:
        catalog: What ``compression_settings.index`` holds, with what comes with the
            order; an entry without a type says that none was chosen.
        columns: The table's columns; some releases keep the indexes of dropped ones.

    Returns:
        The indexes; None where the server chooses.
    """
    chosen = [it for it in catalog or () if it["source"] == "config"]
    if not chosen:
        return None
    there, found = set(columns), [_index(it) for it in chosen if "type" in it]
    return tuple(sorted(it for it in found if there.issuperset(it.columns)))


def _index(entry: dict[str, Any]) -> SparseIndex:
    column = entry["column"]
    columns = (column,) if isinstance(column, str) else tuple(sorted(column))
    return SparseIndex(entry["type"], columns)
