"""The features that there are, each registered by its own file.

A new feature is one file, which ends in `register_feature`, and the line in
``timescale/__init__.py`` that imports what models declare it with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .plan import Plan, Target


class Feature(NamedTuple):
    """How a feature of a relation is compared and read.

    Attributes:
        kind: What models declare it with.
        compare: Plans what brings it to what is declared: `Absent`, or None where it is
            unmanaged.
        read: Says what a database has of it, as models would declare it; None where
            that is nothing, or what no model can say.
        of_tables: Whether hypertables have it.
        of_aggregates: Whether continuous aggregates have it.
    """

    kind: type[Any]
    compare: Callable[[Plan, Target, Any], None]
    read: Callable[[Plan, Target], Any]
    of_tables: bool
    of_aggregates: bool


_REGISTERED: Final[list[Feature]] = []


def register_feature(
    kind: type[Any],
    compare: Callable[[Plan, Target, Any], None],
    read: Callable[[Plan, Target], Any],
    *,
    of_tables: bool = True,
    of_aggregates: bool = False,
) -> None:
    """Have a feature compared, and read where declarations are written.

    Args:
        kind: What models declare it with.
        compare: What compares it.
        read: What reads it.
        of_tables: Whether hypertables have it.
        of_aggregates: Whether continuous aggregates have it.
    """
    _REGISTERED.append(Feature(kind, compare, read, of_tables, of_aggregates))


def features_of(*, aggregates: bool) -> Iterator[Feature]:
    """List the features of continuous aggregates, or those of hypertables."""
    for feature in _REGISTERED:
        if feature.of_aggregates if aggregates else feature.of_tables:
            yield feature
