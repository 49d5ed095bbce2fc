"""Indexes of continuous aggregates, as models declare them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from .aggregate_index_state import AggregateIndex
from .declaration import Absent, Unmanaged, registry
from .errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .aggregate import ContinuousAggregate

__all__ = ["AggregateIndex", "Indexes", "check_indexes", "listed"]

Indexes: TypeAlias = AggregateIndex | Sequence[AggregateIndex] | Absent | Unmanaged
"""What an aggregate may declare of its indexes."""


def listed(declared: Indexes | None) -> Sequence[AggregateIndex]:
    """List the indexes that an aggregate declares to have."""
    if declared is None or isinstance(declared, (Absent, Unmanaged)):
        return ()
    return (declared,) if isinstance(declared, AggregateIndex) else declared


def check_indexes(declared: ContinuousAggregate) -> None:
    """Refuse indexes that TimescaleDB could not make of an aggregate.

    Args:
        declared: The aggregate.

    Raises:
        DeclarationError: A column is unknown, or a name is taken.
    """
    indexes, name = listed(declared.indexes), declared.name
    if not (indexes or isinstance(declared.indexes, (Absent, Unmanaged))):
        raise DeclarationError(f"{name}: say Absent(AggregateIndex), not ()")
    taken = set(_other_names(declared))
    for index in indexes:
        if index.name in taken:
            raise DeclarationError(
                f"{name}: the index {index.name} is declared twice; indexes of "
                "aggregates share one schema, so each needs a name of its own"
            )
        taken.add(index.name)
        _check_columns(declared, index)


def _other_names(declared: ContinuousAggregate) -> Iterable[str]:
    for other in registry(declared.metadata).aggregates.values():
        for index in listed(getattr(other, "indexes", None)):
            yield index.name


def _check_columns(declared: ContinuousAggregate, index: AggregateIndex) -> None:
    known = declared.columns
    if known is None or index.named <= known:
        return
    raise DeclarationError(
        f"{declared.name}: the index {index.name} names "
        f"{', '.join(sorted(index.named - known))}, but the aggregate has only "
        f"{', '.join(sorted(known))}"
    )
