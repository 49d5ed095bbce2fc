"""Names that stand in two rooms, one of which must not import the other."""

from __future__ import annotations

from dataforeman_schema.databases import MINIMUM_TIMESCALEDB, TIMESCALEDB_PLUGIN
from dataforeman_schema.timescale import MINIMUM_VERSION, PLUGIN_NAME


def test_the_plugin_has_one_name() -> None:
    """The telemetry database is compared by the plugin that is registered."""
    assert TIMESCALEDB_PLUGIN == PLUGIN_NAME


def test_the_oldest_release_is_one() -> None:
    """What the commands ask of a server is what the operations need."""
    assert MINIMUM_TIMESCALEDB == MINIMUM_VERSION
