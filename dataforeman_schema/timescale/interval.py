"""Spans of time as models write them, the server stores them and migrations show them.

TimescaleDB measures a time column in intervals and an integer one in plain numbers, so
a span is a ``timedelta``, a number of `Months`, or an ``int``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

_DAYS_IN_MONTH = 30
_UNITS = (("hour", 3600), ("minute", 60))


@dataclass(frozen=True)
class Months:
    """A span of calendar months, whose length in days depends on where it starts.

    Attributes:
        count: Number of months; 12 is a year.
        rest: What is added to the months.
    """

    count: int
    rest: timedelta = timedelta(0)


Interval: TypeAlias = timedelta | Months
"""A span of time."""

Span: TypeAlias = Interval | int
"""A span of time: of a time column, or of an integer column in that column's unit."""


def is_positive(span: Span) -> bool:
    """Say whether a span reaches forwards.

    Args:
        span: The span to look at.

    Returns:
        True if the span is longer than nothing.
    """
    length = nominal(span)
    return length > 0 if isinstance(length, int) else length > timedelta(0)


def nominal(span: Span) -> timedelta | int:
    """Count months as 30 days, as PostgreSQL does when it compares intervals.

    Args:
        span: The span to convert.

    Returns:
        A ``timedelta``, or the number itself for an integer column.
    """
    if isinstance(span, Months):
        return timedelta(days=_DAYS_IN_MONTH * span.count) + span.rest
    return span


def literal(span: Span) -> str:
    """Write a span as an SQL literal.

    Args:
        span: The span to write.

    Returns:
        ``INTERVAL '…'`` for a time span, ``BIGINT '…'`` for a number.
    """
    if isinstance(span, int):
        return f"BIGINT '{span}'"
    if isinstance(span, Months):
        parts = [_counted(span.count, "month"), *_parts(span.rest)]
    else:
        parts = _parts(span)
    return f"INTERVAL '{' '.join(parts) or '0'}'"


def optional_literal(span: Span | None) -> str | None:
    """Write a span as an SQL literal, if there is one.

    Args:
        span: The span to write.

    Returns:
        The literal, or None.
    """
    return None if span is None else literal(span)


def from_catalog(parts: Any) -> Any:  # noqa: ANN401 (a span of the kind it is)
    """Read a span from the form in which the catalog queries return it.

    Args:
        parts: Months, days and microseconds; a number for an integer column; or None.

    Returns:
        The span, or None where the catalog holds none.
    """
    if parts is None or isinstance(parts, int):
        return parts
    months, days, microseconds = parts
    rest = timedelta(days=days, microseconds=microseconds)
    return Months(months, rest) if months else rest


def _parts(delta: timedelta) -> list[str]:
    parts = [_counted(delta.days, "day")] if delta.days else []
    seconds = delta.seconds
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        parts += [_counted(count, unit)] if count else []
    if seconds or delta.microseconds:
        parts.append(_seconds(seconds, delta.microseconds))
    return parts


def _seconds(seconds: int, microseconds: int) -> str:
    if microseconds:
        return f"{seconds}.{microseconds:06d} seconds"
    return _counted(seconds, "second")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
