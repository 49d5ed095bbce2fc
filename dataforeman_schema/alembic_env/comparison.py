"""How models and database are compared, by whichever door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataforeman_schema.alembic_env.history import OWN_TABLES

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database


def comparison(database: Database) -> dict[str, Any]:
    """Make the options with which Alembic compares the models with the database.

    Args:
        database: Which of the two.

    Returns:
        Keyword arguments of `EnvironmentContext.configure`, which
        `MigrationContext.configure` takes as `opts`.
    """
    return {
        "target_metadata": database.metadata(),
        "autogenerate_plugins": list(database.plugins),
        "compare_server_default": True,
        "include_name": _is_managed,
    }


def _is_managed(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name not in OWN_TABLES
