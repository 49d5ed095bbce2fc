"""Proving a dump: it is restored into a database of a moment, and compared."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from dataforeman_schema.commands.backup.contents import (
    differences,
    expect_what_restores,
    read_contents,
)
from dataforeman_schema.commands.backup.dump import read_server
from dataforeman_schema.commands.backup.programs import find_program, run_program
from dataforeman_schema.commands.scratch_database import scratch_database
from dataforeman_schema.connection import connected, reason
from dataforeman_schema.engine import connect_pinned
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataforeman_schema.commands.backup.manifest import Manifest
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.settings import ConnectionSettings


@dataclass(frozen=True)
class RestoreCheck:
    """A dump that is to be proved.

    Attributes:
        path: The file of the dump.
        manifest: What is kept beside it.
        progress: Told what happens.
    """

    path: Path
    manifest: Manifest
    progress: Progress

    def run(self) -> list[str]:
        """Restore it beside the database that it is of, and drop what was restored.

        Returns:
            What differs from what the database held; nothing: the dump is proved.

        Raises:
            ConnectionFailed: The server cannot be reached.
            SchemaError: It cannot be restored there; what is wrong and what to do.
        """
        self._refuse_code()
        settings = read_server(self.manifest.database.settings()).settings
        with scratch_database(settings, "restore") as scratch:
            with self._extension(scratch):
                said = self._restore(scratch)
            found = self._differences(scratch)
        if found and said:
            found.append(f"pg_restore said: {said}")
        return found

    def _refuse_code(self) -> None:
        for code in self.manifest.contents.run_by_restoring:
            raise SchemaError(
                f"to restore {self.path} would run the {code} with your rights; if you "
                "trust that role, ALTER it to be yours and back up again; else drop it"
            )

    def _restore(self, scratch: ConnectionSettings) -> str:
        """Restore all that can be; what was not is a difference.

        A newer program sets what an older server does not know, and says so.
        """
        program = find_program("pg_restore", read_server(scratch).major)
        command = [str(program), "--no-owner", "--no-privileges", str(self.path)]
        code, said = run_program(command, scratch)
        return reason(RuntimeError(said.strip())) if code else ""

    @contextmanager
    def _extension(self, scratch: ConnectionSettings) -> Iterator[None]:
        """Let TimescaleDB be restored in a block, and end that whatever happens."""
        version, schema = self.manifest.timescaledb, self.manifest.timescaledb_schema
        if version is None or schema is None:
            yield
            return
        self._create_extension(scratch, version, schema)
        _run(scratch, _call(schema, "timescaledb_pre_restore()"))
        try:
            yield
        finally:
            # In the same transaction: before it ends, no worker begins with a job,
            # which might delete rows that are to be counted.
            _run(
                scratch,
                _call(schema, "timescaledb_post_restore()"),
                sql.SQL(
                    "SELECT {}.alter_job(job_id, scheduled => false)"
                    " FROM timescaledb_information.jobs"
                ).format(sql.Identifier(schema)),
            )

    def _create_extension(
        self, scratch: ConnectionSettings, version: str, schema: str
    ) -> None:
        create = sql.SQL(
            "CREATE SCHEMA IF NOT EXISTS {0};"
            "CREATE EXTENSION IF NOT EXISTS timescaledb VERSION {1} SCHEMA {0}"
        )
        needed = f"{self.path} was made with TimescaleDB {version}"
        try:
            _run(scratch, create.format(sql.Identifier(schema), sql.Literal(version)))
        except psycopg2.Error as error:
            raise SchemaError(
                f"{needed}, which cannot be created on the server: {reason(error)}; "
                "check it as a superuser, on a server that has this version"
            ) from error
        there = read_server(scratch).timescaledb
        if there != version:
            raise SchemaError(
                f"{needed}, and new databases on the server have {there}; check it on "
                "a server that has this version, or drop the extension in template1"
            )

    def _differences(self, scratch: ConnectionSettings) -> list[str]:
        before = self.manifest.contents
        hashed = any(each.checksum for each in before.tables.values())
        with connect_pinned(scratch) as connection:
            expect_what_restores(connection, before)
            after = read_contents(
                connection, counts_only=not hashed, say=self._show_progress
            )
        return [*differences(before, after)]

    def _show_progress(self, line: str) -> None:
        self.progress.show(f"{self.path.name}: {line}")


def _call(schema: str, function: str) -> sql.Composed:
    return sql.SQL("SELECT {}." + function).format(sql.Identifier(schema))


def _run(settings: ConnectionSettings, *statements: sql.Composed) -> None:
    """Run statements in one transaction of a session of their own."""
    with connected(settings) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        connection.commit()
