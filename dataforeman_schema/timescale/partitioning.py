"""Hash dimensions, as declarations and statements name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .ddl import Call, extension_call, regclass, string

if TYPE_CHECKING:
    from collections.abc import Iterable


class HashDimension(NamedTuple):
    """A further dimension that spreads the rows of each time range over partitions.

    Attributes:
        column: The column whose hash chooses the partition.
        partitions: The number of partitions, 1 to 32767.
    """

    column: str
    partitions: int


def add_dimension(name: str, schema: str | None, dimension: HashDimension) -> Call:
    """Say what adds a hash dimension to a hypertable.

    Args:
        name: The hypertable.
        schema: Its schema, or None for the first of the search path.
        dimension: The dimension.

    Returns:
        The call of ``add_dimension``.
    """
    column, partitions = string(dimension.column), str(dimension.partitions)
    by_hash = extension_call("by_hash", column, partitions)
    return Call("SELECT", "add_dimension", regclass(name, schema), by_hash)


def as_dimensions(pairs: Iterable[tuple[str, int]]) -> tuple[HashDimension, ...]:
    """Take hash dimensions as a migration writes them.

    Args:
        pairs: Columns with their numbers of partitions.

    Returns:
        The dimensions.
    """
    return tuple(HashDimension(*pair) for pair in pairs)
