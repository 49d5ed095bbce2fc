"""``time_bucket`` for SQLAlchemy selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import DateTime, SmallInteger, Uuid, func, literal_column
from sqlalchemy.types import Interval as IntervalType
from sqlalchemy.types import TypeEngine

from .interval import Span, literal

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
    bucket = literal_column(_width(width, column.type), _width_type(width))
    kind = DateTime(timezone=True) if isinstance(column.type, Uuid) else column.type
    return func.time_bucket(bucket, column, *more, type_=kind)


def _width(width: Span, kind: TypeEngine[Any]) -> str:
    if not isinstance(width, int):
        return literal(width)
    # A plain number is an integer, which a bigint can be bucketed by, but no smallint.
    return f"{width}::smallint" if isinstance(kind, SmallInteger) else str(width)


def _width_type(width: Span) -> TypeEngine[Any] | None:
    return None if isinstance(width, int) else IntervalType()
