"""How models and database are compared, by whichever door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataforeman_schema.alembic_env.history import OWN_TABLES
from dataforeman_schema.databases import TIMESCALEDB_PLUGIN

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database


def comparison(database: Database, *, timescaledb: bool = True) -> dict[str, Any]:
    """Make the options with which Alembic compares the models with the database.

    Args:
        database: Which of the two.
        timescaledb: Whether to compare what the models declare of TimescaleDB.

    Returns:
        Keyword arguments of `EnvironmentContext.configure`, which
        `MigrationContext.configure` takes as `opts`.
    """
    return {
        "target_metadata": database.metadata(),
        "autogenerate_plugins": [
            plugin
            for plugin in database.plugins
            if timescaledb or plugin != TIMESCALEDB_PLUGIN
        ],
        "compare_server_default": True,
        "include_name": _is_managed,
    }


def _is_managed(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name not in OWN_TABLES
