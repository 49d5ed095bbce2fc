"""Every failure of a command in one line, with its cause and its remedy."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.catalog import NoScratchSchema
from dataforeman_schema.connection import cure, one_line, refused
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.limits import more_time
from dataforeman_schema.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

    from dataforeman_schema.databases import Database


@contextmanager
def one_line_errors(config: Config) -> Iterator[None]:
    """End Alembic's own command with one line, and give other callers an error.

    Args:
        config: The command's configuration, which tells who called.

    Raises:
        CommandError: The block failed, and the caller is a program.
    """
    try:
        yield
    except (SchemaError, CommandError) as error:
        message = _with_remedy(error, config.config_ini_section)
        if config.cmd_opts is None or config.cmd_opts.raiseerr:
            raise CommandError(message) from error
        # Alembic would wrap the line at the terminal's width, on standard output.
        sys.exit(f"FAILED: {printable(message)}")


def _with_remedy(error: Exception, tree: str) -> str:
    if isinstance(error, SchemaError):
        return str(error)
    # Alembic's own errors here are about a revision that was asked for.
    where = f"alembic -n {tree} history --indicate-current"
    return f"{error}; {where} shows where the database is and can go"


def _remedy(error: BaseException | None) -> str:
    return more_time(error, cure(error), "statement-timeout")


@contextmanager
def explained(database: Database, undone: str) -> Iterator[None]:
    """Say what a server, a revision or a reader of the output did wrong.

    Args:
        database: The one that the block works on.
        undone: What becomes of what a failing revision did.

    Raises:
        SchemaError: The block failed.
        CommandError: Alembic refused what was asked for; it is passed on.
    """
    try:
        yield
    except (SchemaError, CommandError):
        raise
    except DBAPIError as error:
        place = f"the {database.title}"
        raise refused(
            f"{place} refused a statement",
            place,
            error.orig,
            lost_now=error.connection_invalidated,
            remedy=f"{undone}: {_remedy(error.orig)}",
        ) from error
    except NoScratchSchema as error:
        raise SchemaError(f"cannot compare the {database.title}: {error}") from error
    except BrokenPipeError as error:
        raise SchemaError(
            "whoever read the output stopped before its end; let it read all of it"
        ) from error
    except Exception as error:  # a revision's file is code: anything can go wrong
        raise SchemaError(
            f"a revision of the {database.title} failed with {type(error).__name__}: "
            f"{one_line(str(error))}; {undone}: mend its file, or install the package "
            "again"
        ) from error
