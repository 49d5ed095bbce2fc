"""Checks of columnstore declarations, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .columnstore_policy import ColumnstorePolicy
from .declaration import Absent, Unmanaged, refuse_none
from .errors import DeclarationError
from .hypertable import hypertable_of
from .sparse_index import SparseIndex
from .validate import check_columns, check_positive
from .validate_columnstore_options import check_options, sparse_index_problems
from .validate_policy import check_policy_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from .columnstore import Columnstore


def check_columnstore(table: Table, declared: Columnstore) -> None:
    """Refuse a columnstore that TimescaleDB could not make of the table.

    Args:
        table: The complete table.
        declared: The declaration.

    Raises:
        DeclarationError: It could not; the message says why.
    """
    time_column = hypertable_of(table, "Columnstore").time_column
    check_settings(table.name, declared, time_column)
    settings = declared.settings(is_aggregate=False)
    order = settings.order_by or ()
    check_columns(table, "segment_by", settings.segment_by or ())
    check_columns(table, "order_by", [term.column for term in order])
    check_options(table, declared)
    if not isinstance(declared.after, (Absent, Unmanaged)):
        check_policy_span(table, "Columnstore", "after", declared.after)


def check_settings(name: str, declared: Columnstore, time_column: str | None) -> None:
    """Refuse settings that contradict themselves.

    Args:
        name: The relation, for the message.
        declared: The declaration.
        time_column: The relation's time column, if it is known.

    Raises:
        DeclarationError: A column both segments and orders, the order is empty or
            cannot be read, or a schedule has no policy or is not positive.
    """
    refuse_none(name, after=declared.after)
    for problem in _problems(declared, time_column):
        raise DeclarationError(f"Columnstore of {name}: {problem}")
    check_positive(name, "schedule_interval", declared.schedule_interval)
    if not isinstance(declared.after, (Absent, Unmanaged)):
        check_positive(name, "after of Columnstore", declared.after)


def _problems(declared: Columnstore, time_column: str | None) -> Iterator[str]:
    if isinstance(declared.segment_by, str) or isinstance(declared.order_by, str):
        yield "segment_by and order_by are sequences: write ('a',) for one column"
    if isinstance(declared.sparse_indexes, (str, SparseIndex)):
        yield "sparse_indexes is a sequence: write ('bloom(a)',) for one index"
    settings = declared.settings(is_aggregate=False)
    segments, order = settings.segment_by or (), settings.order_by
    both = {term.column for term in order or ()} & set(segments)
    if both:
        yield f"{', '.join(sorted(both))} cannot be both segment_by and order_by"
    if order == ():
        yield "order_by names no column"
    if time_column in segments:
        yield f"the time column {time_column} cannot be a segment_by"
    if any("," in column for column in segments):
        yield "TimescaleDB cannot tell segment_by columns with commas apart"
    yield from sparse_index_problems(declared, time_column)
    has_policy = isinstance(declared.policy, ColumnstorePolicy)
    if declared.schedule_interval is not None and not has_policy:
        yield "schedule_interval needs a policy: say after=…"
