"""Names that stand in two rooms, one of which must not import the other."""

from __future__ import annotations

from dataforeman_schema.databases import MINIMUM_TIMESCALEDB
from dataforeman_schema.timescale import MINIMUM_VERSION


def test_the_oldest_release_is_one() -> None:
    """What the commands ask of a server is what the operations need."""
    assert MINIMUM_TIMESCALEDB == MINIMUM_VERSION
