"""TimescaleDB's functions for SQLAlchemy selects, with types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ARRAY, BigInteger, Integer, Text, cast, func, literal
from sqlalchemy.dialects.postgresql import REGCLASS

from .ddl import qualified

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.sql import ColumnElement
    from sqlalchemy.sql.functions import Function

T = TypeVar("T")


def locf(
    value: ColumnElement[T],
    previous: ColumnElement[T] | None = None,
    *,
    null_is_missing: bool = False,
) -> Function[T]:
    """Carry the last value on into the buckets that `time_bucket_gapfill` makes.

    Args:
        value: What the select takes from the rows of a bucket, an aggregate.
        previous: The value before the first bucket, such as a scalar subquery.
        null_is_missing: Whether a bucket whose value is NULL counts as one without.

    Returns:
        The expression, of the value's type.
    """
    return func.locf(value, previous, null_is_missing, type_=value.type)


def interpolate(
    value: ColumnElement[T],
    previous: ColumnElement[Any] | None = None,
    following: ColumnElement[Any] | None = None,
) -> Function[T]:
    """Draw a line through the buckets that `time_bucket_gapfill` makes.

    Args:
        value: What the select takes from the rows of a bucket, an aggregate.
        previous: A (time, value) before the first bucket, such as a scalar subquery.
        following: The same, after the last bucket.

    Returns:
        The expression, of the value's type.
    """
    return func.interpolate(value, previous, following, type_=value.type)


def first(
    value: ColumnElement[T] | InstrumentedAttribute[T],
    time: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> Function[T]:
    """Take the value of the earliest row of a group, an aggregate.

    Args:
        value: The value.
        time: What the rows are ordered by.
    """
    return func.first(value, time, type_=value.type)


def last(
    value: ColumnElement[T] | InstrumentedAttribute[T],
    time: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> Function[T]:
    """Take the value of the latest row of a group, an aggregate.

    Args:
        value: The value.
        time: What the rows are ordered by.
    """
    return func.last(value, time, type_=value.type)


def histogram(
    value: ColumnElement[Any] | InstrumentedAttribute[Any],
    least: float,
    most: float,
    buckets: int,
) -> Function[list[int]]:
    """Count the values of a group by where they lie, an aggregate.

    Args:
        value: The value.
        least: The lower bound of the first bucket.
        most: The upper bound of the last bucket.
        buckets: How many there are.

    Returns:
        Numbers of rows: below the first bucket, in each of them, above the last.
    """
    return func.histogram(value, least, most, buckets, type_=ARRAY(Integer))


def approximate_row_count(table: Table) -> Function[int]:
    """Estimate the number of a table's rows from what the server knows of it.

    Args:
        table: The table, a hypertable or not; of a model it is ``__table__``.
    """
    name = cast(literal(qualified(table.name, table.schema), Text()), REGCLASS)
    return func.approximate_row_count(name, type_=BigInteger())
