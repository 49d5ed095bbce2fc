"""Spans of time as models write them, the server stores them and migrations show them.

TimescaleDB measures a time column in intervals and an integer one in plain numbers, so
a span is a ``timedelta``, a number of `Months`, or an ``int``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, TypeAlias, TypeVar

_DAYS_IN_MONTH = 30
_UNITS = (("hour", 3600), ("minute", 60))

# Drivers turn months into 30 days and read an interval by the session's IntervalStyle;
# three numbers say exactly what the catalog holds.
PARTS: Final = """jsonb_build_array(
    (extract(year FROM {0}) * 12 + extract(month FROM {0}))::int,
    extract(day FROM {0})::int,
    (extract(hour FROM {0}) * 3600000000 + extract(minute FROM {0}) * 60000000
      + extract(microseconds FROM {0}))::bigint)"""
"""An SQL expression of an interval, as `from_catalog` reads it."""

V_co = TypeVar("V_co", covariant=True)


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


@dataclass(frozen=True)
class Tunable(Generic[V_co]):
    """Declares that a policy's age or schedule is a default that operators may change.

    ``create_all()`` and the operation that adds the policy use the default. Of a policy
    that is there, any other value is no difference and is never changed; a policy that
    is missing, paused or doubled is one as ever. Accepted for ``Columnstore.after``,
    the ages of `RetentionPolicy`, the offsets of `RefreshPolicy` and every
    ``schedule_interval``. Nothing happens to data.

    Attributes:
        default: The value for a new policy.
    """

    default: V_co


TunableInterval: TypeAlias = Interval | Tunable[Interval]
"""A span of time, or one that operators may change."""

TunableSpan: TypeAlias = Span | Tunable[Span]
"""A span of time or of an integer column, or one that operators may change."""


def untuned(span: TunableSpan) -> Span:
    """Take the default of what operators may change, and anything else as it is."""
    return span.default if isinstance(span, Tunable) else span


def is_positive(span: TunableSpan) -> bool:
    """Say whether a span reaches forwards.

    Args:
        span: The span to look at.

    Returns:
        True if the span is longer than nothing.
    """
    length = nominal(untuned(span))
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


def literal(span: TunableSpan) -> str:
    """Write a span as an SQL literal.

    Args:
        span: The span to write.

    Returns:
        ``INTERVAL '…'`` for a time span, ``BIGINT '…'`` for a number.
    """
    given = untuned(span)
    kind = "BIGINT" if isinstance(given, int) else "INTERVAL"
    return f"{kind} '{words(given)}'"


def words(span: Span) -> str:
    """Write a span as PostgreSQL reads it and people do: ``1 month 2 days``."""
    if isinstance(span, int):
        return str(span)
    if isinstance(span, Months):
        return " ".join([_counted(span.count, "month"), *_parts(span.rest)])
    return " ".join(_parts(span)) or "0"


def optional_literal(span: TunableSpan | None) -> str | None:
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
