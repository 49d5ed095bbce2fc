"""Alembic's configuration for callers from Python."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from alembic.config import Config

from dataforeman_schema.packaging import alembic_ini

if TYPE_CHECKING:
    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


def configure(
    database: Database,
    settings: ConnectionSettings | None = None,
    *,
    options: Options | None = None,
    output: StringIO | None = None,
) -> Config:
    """Make the configuration for a command of `alembic.command`.

    Args:
        database: Which tree, in whose words errors speak.
        settings: Where the database is; None leaves it to the environment.
        options: How to wait and what may be lost; None takes the defaults.
        output: Where the command prints; None drops what it prints.
    """
    out = output or StringIO()
    config = Config(
        alembic_ini(), ini_section=database.name, stdout=out, output_buffer=out
    )
    # For Alembic's own command; a service may start in any folder.
    config.set_main_option("prepend_sys_path", "")
    given = {"settings": settings, "options": options, "database": database}
    config.attributes.update({key: value for key, value in given.items() if value})
    return config
