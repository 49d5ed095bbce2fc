"""Readings of a plant, the same in every run."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final
from uuid import UUID

from dataforeman_schema.tsdb import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

TAGS: Final = 300
CONNECTIONS: Final = 12
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
STEP: Final = timedelta(minutes=1)
GOOD: Final = 192


def connection_of(tag: int) -> UUID:
    """Return the connection that a tag is read through."""
    return UUID(int=1 + tag % CONNECTIONS)


def readings(count: int) -> list[Reading]:
    """Return readings as they come in: minute by minute, of each tag one.

    A value moves slowly between 0 and 100 and has one decimal, as most sensors have.
    """
    return list(islice(_endless(), count))


def _endless() -> Iterator[Reading]:
    ts = BEGIN
    while True:
        minute = (ts - BEGIN) / STEP
        for tag in range(1, TAGS + 1):
            value = round(50 + 50 * math.sin(tag + minute / (60 + tag)), 1)
            yield Reading(connection_of(tag), tag, ts, GOOD, value)
        ts += STEP


def parts(whole: list[Reading], count: int) -> list[list[Reading]]:
    """Cut readings into parts, each as long as any other or one shorter."""
    size = -(-len(whole) // count)
    return [whole[begin : begin + size] for begin in range(0, len(whole), size)]
