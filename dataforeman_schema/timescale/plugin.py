"""The Alembic plugin; importing this module registers it, and the operations.

An environment imports it and names `PLUGIN_NAME` for its TimescaleDB database:
``context.configure(autogenerate_plugins=["alembic.autogenerate.*", PLUGIN_NAME])``.
"""

from typing import Final

from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority

from .compare import compare

PLUGIN_NAME: Final = "dataforeman.timescale"
"""What ``autogenerate_plugins`` calls the comparison of TimescaleDB's features."""

_plugin = Plugin(PLUGIN_NAME)
_plugin.add_autogenerate_comparator(
    compare,
    "schema",
    "timescale",
    qualifier="postgresql",
    # The table operations must be there: features are put before and after them.
    priority=DispatchPriority.LAST,
)
