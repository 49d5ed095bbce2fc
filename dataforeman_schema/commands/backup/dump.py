"""Dumping a database, with what it holds at that very moment."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.commands.backup.contents import (
    Contents,
    differences,
    read_contents,
)
from dataforeman_schema.commands.backup.manifest import Manifest, manifest_path
from dataforeman_schema.commands.backup.programs import (
    find_program,
    program_version,
    run_program,
    shown,
    without_circular_warnings,
)
from dataforeman_schema.connection import parameters_in_use, reading, reason, refused
from dataforeman_schema.databases import RESTORING, RESTORING_QUERY
from dataforeman_schema.engine import connect_pinned
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_SERVER: Final = f"""
SELECT current_setting('server_version'),
  current_setting('server_version_num')::integer / 10000, pg_backend_pid() > 0,
  EXISTS ({RESTORING_QUERY}), extversion, nspname
FROM (VALUES (1)) AS always
LEFT JOIN (pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace)
  ON extname = 'timescaledb'
"""  # noqa: S608 - ours
_CIRCULAR: Final = (
    "pg_dump warned of circular foreign keys among TimescaleDB's own tables, which a "
    "dump of the whole database restores all the same"
)


@dataclass(frozen=True)
class Server:
    """What of a server matters to a dump.

    Attributes:
        settings: Where it is, whatever the environment of a program says: of several
            hosts it is the one that was reached.
        postgresql: Its version.
        major: Its major version.
        has_sessions: Whether it has more than one session at a time: the embedded
            TimescaleDB has not.
        is_restoring: Whether a restore of the database has not been finished.
        timescaledb: The version of the extension there; None: it has none.
        timescaledb_schema: The schema of the extension's functions.
    """

    settings: ConnectionSettings
    postgresql: str
    major: int
    has_sessions: bool
    is_restoring: bool
    timescaledb: str | None
    timescaledb_schema: str | None


def read_server(settings: ConnectionSettings) -> Server:
    """Ask a server what matters to a dump.

    Raises:
        ConnectionFailed: It cannot be reached.
    """
    with reading(settings) as connection, connection.cursor() as cursor:
        cursor.execute(_SERVER)
        [row] = cursor.fetchall()
        here = settings.replace(**parameters_in_use(connection))
    return Server(here, *row)


@dataclass(frozen=True)
class Dump:
    """A dump that was made, in the words that JSON uses too.

    Attributes:
        database: What `alembic -n` calls it: meta or tsdb.
        title: What people call it.
        place: Where it was: user, host, port and name.
        file: The file; its manifest ends in .json besides.
        bytes: Its size.
        tables: How many tables were counted.
        rows: How many rows they have.
        said: What is to be known of it.
    """

    database: str
    title: str
    place: str
    file: str
    bytes: int
    tables: int
    rows: int
    said: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Say what came of it, for people."""
        for line in self.said:
            yield f"{self.title}: {line}"
        yield (
            f"{self.title}: {self.tables} tables with {self.rows} rows in {self.file} "
            f"({self.bytes} bytes)"
        )


@dataclass(frozen=True)
class Backup:
    """One database, and the file that it is dumped into.

    Attributes:
        database: Which of the two.
        settings: Where it is.
        path: The file.
        counts_only: Whether rows are only counted, and not hashed.
        progress: Told how far it is.
        said: What is to be known of the dump.
    """

    database: Database
    settings: ConnectionSettings
    path: Path
    counts_only: bool
    progress: Progress
    said: list[str] = field(default_factory=list)

    def command(self) -> str:
        """Write the command that dumps it, for a shell.

        Raises:
            SchemaError: The server cannot be asked, or no program fits it.
        """
        program = find_program("pg_dump", read_server(self.settings).major)
        return shown(_arguments(program, self.path), self.settings)

    def run(self) -> Dump:
        """Dump it, with a manifest beside the file; both are whole, or not there.

        Returns:
            What came of it.

        Raises:
            ConnectionFailed: The server cannot be reached.
            SchemaError: What is wrong and what to do.
        """
        server = read_server(self.settings)
        if server.is_restoring:
            raise SchemaError(
                f"the {self.database.title} ({self.settings}) {RESTORING}"
            )
        program = find_program("pg_dump", server.major)
        with self._part() as part:
            contents = (
                self._dump_at_one_moment(server.settings, program, part)
                if server.has_sessions
                else self._dump_undisturbed(server.settings, program, part)
            )
            self._manifest(server, program, contents).write(self.path)
            part.replace(self.path)
        self._note(contents)
        return Dump(
            self.database.name,
            self.database.title,
            str(self.settings),
            str(self.path),
            self.path.stat().st_size,
            len(contents.tables),
            contents.rows,
            tuple(self.said),
        )

    def _note(self, contents: Contents) -> None:
        for name in contents.unread:
            self.said.append(
                f"{name} is in the dump, but its rows were not counted: to read them "
                "would run a function of another role"
            )
        for code in contents.run_by_restoring:
            self.said.append(f"whoever restores the dump may run the {code}")

    def _manifest(self, server: Server, program: Path, contents: Contents) -> Manifest:
        return Manifest(
            self.database,
            str(self.settings),
            datetime.now(UTC).isoformat(timespec="seconds"),
            server.postgresql,
            server.timescaledb,
            server.timescaledb_schema,
            program_version(program),
            version("dataforeman-schema"),
            contents,
        )

    @contextmanager
    def _part(self) -> Iterator[Path]:
        """Provide the name of a file that is gone at the end, unless it was moved."""
        if self.path.exists():
            raise SchemaError(f"{self.path} exists already; name another folder")
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            part.touch(mode=0o600)  # it holds what may be nobody else's
            yield part
        except OSError as error:
            raise SchemaError(f"cannot write {self.path}: {error}; mend that") from None
        finally:
            part.unlink(missing_ok=True)
            if not self.path.exists():
                manifest_path(self.path).unlink(missing_ok=True)

    def _dump_at_one_moment(
        self, settings: ConnectionSettings, program: Path, part: Path
    ) -> Contents:
        """Dump and count in one snapshot, whatever is written meanwhile."""
        with self._reading(settings) as connection:
            snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
            contents = self._contents(connection)  # and keep the tables from going
            self._dump(settings, program, part, f"--snapshot={snapshot}")
        return contents

    def _dump_undisturbed(
        self, settings: ConnectionSettings, program: Path, part: Path
    ) -> Contents:
        """Dump where one snapshot cannot be shared, and see that nothing changed."""
        with self._reading(settings) as connection:
            before = self._contents(connection)
        self._dump(settings, program, part)
        with self._reading(settings) as connection:
            after = self._contents(connection)
        for changed in differences(before, after):
            raise SchemaError(
                f"the {self.database.title} changed while it was dumped ({changed}); "
                "stop what writes to it and run the command again"
            )
        return before

    @contextmanager
    def _reading(self, settings: ConnectionSettings) -> Iterator[Connection]:
        try:
            with connect_pinned(
                settings, isolation_level="REPEATABLE READ"
            ) as connection:
                yield connection
        except DBAPIError as error:
            if isinstance(error, SchemaError):
                raise
            raise refused(
                f"cannot read the {self.database.title} ({self.settings})",
                self.settings,
                error.orig,
                lost_now=error.connection_invalidated,
                remedy="back it up as its owner or as a superuser",
            ) from error

    def _contents(self, connection: Connection) -> Contents:
        return read_contents(
            connection, counts_only=self.counts_only, say=self._show_progress
        )

    def _dump(
        self, settings: ConnectionSettings, program: Path, part: Path, *options: str
    ) -> None:
        command = [*_arguments(program, part), *options]
        code, said = run_program(command, settings)
        said, is_circular = without_circular_warnings(said)
        if code:
            raise SchemaError(
                f"pg_dump of the {self.database.title} ({self.settings}) failed: "
                f"{reason(RuntimeError(said.strip()))}; mend that and run the command "
                "again"
            )
        self.said.extend([_CIRCULAR] * is_circular)
        self.said.extend(said.splitlines())

    def _show_progress(self, line: str) -> None:
        self.progress.show(f"{self.database.title}: {line}")


def _arguments(program: Path, path: Path) -> list[str]:
    return [str(program), "--format=custom", f"--file={path}"]


def dump_path(database: Database, folder: Path) -> Path:
    """Name the file of a dump that is made now; names sort by time."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return folder / f"{database.name}-{now}.dump"
