"""Commands for databases with TimescaleDB: ``python -m dataforeman_schema.timescale``.

``scaffold URL`` prints the declarations of what a database has.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING, Final

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from .scaffold import scaffold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL

_EXAMPLE: Final = "postgresql://user@host/database"
_INSTALLED: Final = text(
    "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"
)


class _Failure(Exception):  # noqa: N818 - says what it is
    """What a person is told in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, as the shell does.

    ``scaffold URL`` prints the declarations of the hypertables, columnstores, policies
    and continuous aggregates of a database, which is only read.

    Args:
        arguments: The command and its arguments; None takes those of the process.

    Returns:
        The exit code: 0, or 1 after a line on the standard error that says why. Neither
        stream shows a password.
    """
    given = _parser().parse_args(arguments)
    try:
        sys.stdout.write(_scaffold(given.url))
    except _Failure as failure:
        sys.stderr.write(f"error: {failure}\n")
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    what = "print the declarations of what a database has"
    command = commands.add_parser("scaffold", help=what, description=what)
    command.add_argument("url", metavar="URL", help=f"such as {_EXAMPLE}")
    return parser


def _scaffold(given: str) -> str:
    url = _url(given)
    try:
        return _read(url)
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
    # SQLAlchemy's default driver need not be there; this one is.
    has_driver = "+" in url.drivername
    return url if has_driver else url.set(drivername="postgresql+psycopg2")


def _read(url: URL) -> str:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        reading = connection.execution_options(postgresql_readonly=True)
        if not reading.scalar(_INSTALLED):
            raise _Failure(f"the database {url.database or ''} has no TimescaleDB")
        return scaffold(reading)


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
