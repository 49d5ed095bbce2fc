"""Bringing a database to head with Alembic; imported only where there is work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.util import CommandError

# Alembic runs env.py, which imports it, only later.
from dataforeman_schema.alembic_env import runtime
from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


def migrate(database: Database, settings: ConnectionSettings, options: Options) -> bool:
    """Run the revisions that a database lacks, each in its own transaction.

    Args:
        database: Which of the two.
        settings: Where it is.
        options: How to wait.

    Returns:
        Whether there were any; another process may have run them in the meantime.

    Raises:
        ConnectionFailed: The server could not be reached or went away.
        SchemaError: What is wrong; what the failing revision did is rolled back.
    """
    config = configure(database, settings, options=options)
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if isinstance(error.__cause__, SchemaError):
            raise error.__cause__ from None  # knows whether trying again can help
        raise SchemaError(str(error)) from error
    return bool(config.attributes.get(runtime.HAS_RUN))
