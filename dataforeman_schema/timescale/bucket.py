"""``time_bucket`` and its like for SQLAlchemy selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import DateTime, SmallInteger, Uuid, func, literal, literal_column
from sqlalchemy.types import Interval as IntervalType
from sqlalchemy.types import TypeEngine

from .interval import Span
from .interval import literal as span_literal

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.sql import ColumnElement
    from sqlalchemy.sql.functions import Function

T = TypeVar("T")


def time_bucket(
    width: Span,
    column: ColumnElement[T] | InstrumentedAttribute[T],
    *more: Any,  # noqa: ANN401
) -> Function[T]:
    """Round a time or integer column down to the beginning of its bucket.

    Args:
        width: The span of a bucket; a number for an integer column.
        column: The column; of UUIDs of version 7 it is the time in them that counts.
        more: What else ``time_bucket`` takes, such as an origin or a time zone.

    Returns:
        The expression, of the column's type; of UUIDs, a time with time zone.
    """
    bucket, kind = bucket_width(width, column.type), bucket_type(column.type)
    return func.time_bucket(bucket, column, *more, type_=kind)


def time_bucket_gapfill(
    width: Span,
    column: ColumnElement[T] | InstrumentedAttribute[T],
    start: T | None = None,
    finish: T | None = None,
) -> Function[T]:
    """Round down as `time_bucket` does, and make the buckets that have no rows, too.

    Args:
        width: The span of a bucket; a number for an integer column.
        column: The column.
        start: The first bucket; None: the WHERE of the select says it.
        finish: The end of the last bucket; None: the WHERE of the select says it.

    Returns:
        The expression, of the column's type. What the select takes from the rows of a
        bucket is NULL where there are none: see `locf` and `interpolate`.
    """
    given = (literal(bound, column.type) for bound in (start, finish))
    bounds = given if start is not None and finish is not None else ()
    bucket, kind = bucket_width(width, column.type), bucket_type(column.type)
    return func.time_bucket_gapfill(bucket, column, *bounds, type_=kind)


def bucket_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Name the type of the buckets of a column."""
    return DateTime(timezone=True) if isinstance(kind, Uuid) else kind


def bucket_width(width: Span, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """Write the width of buckets as it is, so that GROUP BY can repeat it."""
    return literal_column(_width(width, kind), _width_type(width))


def _width(width: Span, kind: TypeEngine[Any]) -> str:
    if not isinstance(width, int):
        return span_literal(width)
    # A plain number is an integer, which a bigint can be bucketed by, but no smallint.
    return f"{width}::smallint" if isinstance(kind, SmallInteger) else str(width)


def _width_type(width: Span) -> TypeEngine[Any] | None:
    return None if isinstance(width, int) else IntervalType()
