"""What a feature is to the comparison.

A new feature is two files: what models declare it with, which imports no Alembic and
has a line in ``timescale/__init__.py``, and beside it its operations and comparator,
which end in a `Feature` and have a line in ``timescale/operations.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

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
    of_tables: bool = True
    of_aggregates: bool = False
