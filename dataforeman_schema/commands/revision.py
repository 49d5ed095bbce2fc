"""Writing a new revision, for maintainers."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import CommandLine
from alembic.util import CommandError

from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


def write_revision(
    database: Database,
    message: str,
    settings: ConnectionSettings | None = None,
    *,
    autogenerate: bool,
) -> str:
    """Write the next revision of a tree into its folder; Alembic prints its path.

    Args:
        database: Which tree.
        message: What the revision is for; its file is named after it.
        settings: Where the database is; None leaves it to the environment.
        autogenerate: Whether to fill it with what differs between the models and the
            database, which must be at head; else it is empty.

    Returns:
        Why there is nothing to write; empty if there was.

    Raises:
        SchemaError: The database cannot be compared, or is not at head.
    """
    output = StringIO()
    config = configure(database, settings, output=output)
    # As from Alembic's own command line, which shows what it detects.
    kind = ["--autogenerate"] if autogenerate else []
    config.cmd_opts = CommandLine().parser.parse_args(["--raiseerr", "revision", *kind])
    try:
        command.revision(config, message, autogenerate=autogenerate)
    except CommandError as error:
        behind = "; run dataforeman-schema upgrade first" if _is_behind(error) else ""
        raise SchemaError(f"{error}{behind}") from error
    return output.getvalue().strip()


def _is_behind(error: CommandError) -> bool:
    return "not up to date" in str(error)  # the only words that Alembic has for it
