"""Writing a new revision, for maintainers."""

from __future__ import annotations

from argparse import Namespace
from io import StringIO
from typing import TYPE_CHECKING

from alembic import command
from alembic.script import Script
from alembic.util import CommandError

from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database


def write_revision(database: Database, message: str, *, autogenerate: bool) -> str:
    """Write the next revision of a tree into its folder.

    Args:
        database: Which tree; the environment says where the database is.
        message: What the revision is for; its file is named after it.
        autogenerate: Whether to fill it with what differs between the models and the
            database, which must be at head; else it is empty.

    Returns:
        The path of the new file, or that there was nothing to write.

    Raises:
        SchemaError: The database cannot be compared, or is not at head.
    """
    output = StringIO()
    config = configure(database, output=output)
    # As from Alembic's own command line, which shows what it detects.
    config.cmd_opts = Namespace(autogenerate=autogenerate, raiseerr=True, quiet=False)
    try:
        written = command.revision(config, message, autogenerate=autogenerate)
    except CommandError as error:
        raise SchemaError(str(error)) from error
    return written.path if isinstance(written, Script) else output.getvalue().strip()
