"""Checks of sparse indexes and of the span of merged chunks, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import DeclarationError
from .hypertable import hypertable_of
from .interval import Months, nominal, words
from .sparse_index import index_problems
from .validate import check_columns, check_positive, check_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from .columnstore import Columnstore
    from .interval import Span


def check_options(table: Table, declared: Columnstore) -> None:
    """Refuse indexes and a span that do not suit the table.

    Args:
        table: The complete table.
        declared: The declaration.

    Raises:
        DeclarationError: A column is unknown, or chunks cannot be merged up to the
            span.
    """
    hypertable = hypertable_of(table, "Columnstore")
    settings = declared.settings(is_aggregate=False)
    for index in settings.sparse_indexes or ():
        check_columns(table, "sparse_indexes", index.columns)
    if (span := settings.merge_interval) is not None:
        check_span(table, hypertable.time_column, "merge_interval", span)
        for problem in merge_interval_problems(span, hypertable.chunk_interval):
            raise DeclarationError(f"Columnstore of {table.name}: {problem}")


def check_aggregate_options(name: str, declared: Columnstore) -> None:
    """Refuse indexes and a span that TimescaleDB does not take of an aggregate.

    Args:
        name: The continuous aggregate.
        declared: The declaration.

    Raises:
        DeclarationError: It has sparse indexes, or chunks cannot be merged up to the
            span.
    """
    settings = declared.settings(is_aggregate=True)
    if settings.sparse_indexes is not None:
        raise DeclarationError(
            f"Columnstore of {name}: TimescaleDB takes no sparse_indexes of a "
            "continuous aggregate"
        )
    check_positive(name, "merge_interval", settings.merge_interval)
    for problem in merge_interval_problems(settings.merge_interval, None):
        raise DeclarationError(f"Columnstore of {name}: {problem}")


def sparse_index_problems(
    declared: Columnstore, time_column: str | None
) -> Iterator[str]:
    """Say in words why TimescaleDB would not take the sparse indexes, if so.

    Args:
        declared: The declaration.
        time_column: The time column, which is in any order; None if it is not known.

    Yields:
        A problem each.
    """
    settings = declared.settings(is_aggregate=False)
    indexes, order = settings.sparse_indexes, settings.order_by
    if indexes is None:
        return
    if order is None:
        yield "sparse_indexes need an order_by: TimescaleDB takes none without"
    yield from index_problems(indexes)
    segments = set(settings.segment_by or ())
    ordered = {time_column, *(term.column for term in order or ())}
    for index in indexes:
        if both := sorted(segments.intersection(index.columns)):
            yield f"{index}: {', '.join(both)} is a segment_by, which needs no index"
        if (
            index.kind == "bloom"
            and len(index.columns) == 1
            and {*index.columns} <= ordered
        ):
            yield f"{index} is of an order_by, which cannot have a bloom"


def merge_interval_problems(
    span: Span | None, chunk_interval: Span | None
) -> Iterator[str]:
    """Say in words why chunks cannot be merged up to a span, if so.

    Args:
        span: The span.
        chunk_interval: The chunk interval; None if it is not known.

    Yields:
        A problem each.
    """
    if isinstance(span, Months):
        yield "merge_interval must be a timedelta: TimescaleDB takes no months"
    elif span and chunk_interval and nominal(span) % nominal(chunk_interval):  # type: ignore[operator]
        yield (
            f"merge_interval {words(span)} is no multiple of the chunk interval "
            f"{words(chunk_interval)}"
        )
