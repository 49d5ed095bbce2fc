"""Commands for databases with TimescaleDB: ``python -m dataforeman_schema.timescale``.

``scaffold URL`` prints the declarations of what a database has. ``fill URL`` goes on
filling continuous aggregates that a revision made anew, where that was interrupted.
"""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    NullPool,
    create_engine,  # noqa: TID251 - of any database, and pinned
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from dataforeman_schema.log_lines import LineFormatter
from dataforeman_schema.pinning import PINNED_ENGINE, RUN_BY_REVISIONS_QUERY
from dataforeman_schema.printable import printable, printable_lines

from .aggregate_fill import fill_aggregates
from .scaffold import scaffold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import URL, Connection

_EXAMPLE: Final = "postgresql://user@host/database"
_INSTALLED: Final = text(
    "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"
)


class _Failure(Exception):  # noqa: N818 - says what it is
    """What a person is told in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, as the shell does.

    ``scaffold URL`` prints the declarations of the hypertables, columnstores, policies
    and continuous aggregates of a database, which is only read. ``fill URL`` fills the
    continuous aggregates that revisions made anew, and says how far it is on the
    standard error; it does nothing where none is left to be filled.

    Args:
        arguments: The command and its arguments; None takes those of the process.

    Returns:
        The exit code: 0, or 1 after a line on the standard error that says why. Neither
        stream shows a password.
    """
    given = _parser().parse_args(arguments)
    try:
        sys.stdout.write(printable_lines(given.run(given.url)))
    except _Failure as failure:
        sys.stderr.write(f"error: {printable(str(failure))}\n")
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, work, what in (
        ("scaffold", _scaffold, "print the declarations of what a database has"),
        ("fill", _fill, "go on filling continuous aggregates that were made anew"),
    ):
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument("url", metavar="URL", help=f"such as {_EXAMPLE}")
        command.set_defaults(run=partial(_run, work))
    return parser


def _run(work: Callable[[Connection], str], given: str) -> str:
    url = _url(given)
    try:
        engine = create_engine(url, poolclass=NullPool, **PINNED_ENGINE)
        with engine.connect() as connection:
            if not connection.scalar(_INSTALLED):
                raise _Failure(f"the database {url.database or ''} has no TimescaleDB")
            return work(connection)
    except (SQLAlchemyError, ImportError) as error:
        raise _Failure(_without_password(_first_line(error), url)) from None


def _url(given: str) -> URL:
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise _Failure(f"that is no URL of a database, such as {_EXAMPLE}") from None
    if "@" in (url.host or ""):
        raise _Failure("an @ in the user or password of a URL is written %40")
    if url.get_backend_name() not in {"postgres", "postgresql"}:
        raise _Failure(f"TimescaleDB is in PostgreSQL; give a URL such as {_EXAMPLE}")
    # Another driver need not be there, and cannot pin the names of queries.
    return url.set(drivername="postgresql+psycopg2")


def _scaffold(connection: Connection) -> str:
    connection.rollback()
    return scaffold(connection.execution_options(postgresql_readonly=True))


def _fill(connection: Connection) -> str:
    for overload in connection.scalars(text(RUN_BY_REVISIONS_QUERY)):
        raise _Failure(f"it would run the {overload} with your rights; drop that")
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    fill_aggregates(connection)
    return ""


def _first_line(error: Exception) -> str:
    reason = error.orig if isinstance(error, DBAPIError) else error
    return next(iter(str(reason).strip().splitlines()), type(error).__name__)


def _without_password(line: str, url: URL) -> str:
    secrets = [url.password, url.query.get("password")]
    for secret in filter(None, map(str, filter(None, secrets))):
        line = line.replace(secret, "***")
    return line


if __name__ == "__main__":
    sys.exit(main())
