"""PostgreSQL's own programs: those of the server's release, and how they are run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg2.extensions import make_dsn

from dataforeman_schema.embedded import EmbeddedServerError
from dataforeman_schema.embedded.postgres import program
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings

_FOLDERS: Final = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")
"""Where packages of Linux distributions put them, besides the PATH."""
_VERSION: Final = re.compile(r"\) (\d+)")
_SECRETS: Final = {"password", "sslpassword"}
_LIBPQ: Final = "PG"
"""How the variables begin by which libpq would connect elsewhere, or otherwise."""

# Of tables of TimescaleDB's own catalog, which a dump of all holds in full.
_CIRCULAR: Final = re.compile(
    r"pg_dump: warning: there are circular foreign-key constraints .*\n"
    r"(?:pg_dump: (?:detail|hint): .*\n)*"
)


def find_program(name: str, major: int) -> Path:
    """Find a program of a server's release, or else the oldest that is newer.

    Args:
        name: `pg_dump` or `pg_restore`.
        major: The server's major version.

    Raises:
        SchemaError: There is none, or all are older than the server.
    """
    found = {version: path for path in _candidates(name) if (version := _major(path))}
    fitting = [version for version in found if version >= major]
    if not fitting:
        there = f"those found are of {_listed(found)}" if found else "none was found"
        raise SchemaError(
            f"the server is PostgreSQL {major}, which only a {name} of {major} or "
            f"later can read, and {there}; install PostgreSQL's client programs of "
            f"{major} (postgresql-client-{major}), or add their folder to PATH"
        )
    return found[min(fitting)]


def _candidates(name: str) -> Iterator[Path]:
    """List the programs of a name that there are; of one release the last one wins."""
    try:
        folders = [Path(program(name)).parent]
    except EmbeddedServerError:
        folders = []
    folders += [each for pattern in _FOLDERS for each in Path("/").glob(pattern)]
    folders += [Path(each) for each in reversed(os.get_exec_path())]
    yield from (path for each in folders if os.access(path := each / name, os.X_OK))


def program_version(path: Path) -> str:
    """Ask a program for its name and version, in a line."""
    command = [str(path), "--version"]
    said = subprocess.run(  # noqa: S603 - a program of PostgreSQL's
        command, capture_output=True, text=True, check=False
    )
    return said.stdout.strip()


def _major(path: Path) -> int:
    match = _VERSION.search(program_version(path))
    return int(match[1]) if match else 0


def _listed(found: dict[int, Path]) -> str:
    return ", ".join(f"{version} ({path})" for version, path in sorted(found.items()))


def connection_string(settings: ConnectionSettings) -> str:
    """Write settings as libpq's programs take them, without a password."""
    keywords = settings.keywords.items()
    return make_dsn(**{key: value for key, value in keywords if key not in _SECRETS})


def run_program(command: list[str], settings: ConnectionSettings) -> tuple[int, str]:
    """Run a program on a database; the password is in its environment alone.

    Args:
        command: The program and its arguments, without the database.
        settings: Where the database is; what the environment says is in them.

    Returns:
        Its exit code, and what it says on standard error. It does not outlive an
        interruption.
    """
    environ = {k: v for k, v in os.environ.items() if not k.startswith(_LIBPQ)}
    environ |= {"LC_ALL": "C", "PGPASSWORD": settings.keywords.get("password", "")}
    with subprocess.Popen(  # noqa: S603 - a program of PostgreSQL's
        [*command, "--no-password", "--dbname", connection_string(settings)],
        env=environ,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _, said = process.communicate()
        except BaseException:
            process.terminate()
            raise
    return process.returncode, said


def shown(command: list[str], settings: ConnectionSettings) -> str:
    """Write the same command for a shell; it asks for the password, or finds it."""
    names = settings.variables
    given = settings.keywords.get("password") and settings.by_url is None
    password = f'PGPASSWORD="${names.prefix}PASSWORD" ' if given else ""
    database = ["--dbname", connection_string(settings)]
    return password + shlex.join([*command, *database])


def without_circular_warnings(said: str) -> tuple[str, bool]:
    """Leave out warnings that concern TimescaleDB's catalog; tell if there were any."""
    left = _CIRCULAR.sub("", said)
    return left, left != said
