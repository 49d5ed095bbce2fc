"""Looking over the unreleased revisions of both trees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.released import check_released, released_revisions
from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.databases import DATABASES
from dataforeman_schema.errors import CouldNotLookError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.script import Script

    from dataforeman_schema.commands.lint.finding import LintFinding
    from dataforeman_schema.commands.lint.server import Server
    from dataforeman_schema.databases import Database


def lint(against: Sequence[str] = ()) -> list[LintFinding]:
    """Look over every unreleased revision of both trees.

    Args:
        against: The URLs of databases that say how large their tables are.

    Returns:
        What was found, by file and line.

    Raises:
        SchemaError: A released revision is not what was released.
        CouldNotLookError: A revision or a database cannot be read, or what reads the
            SQL is not installed.
    """
    servers = {server.database: server for server in map(_read_server, against)}
    return [
        finding
        for database in DATABASES.values()
        for finding in _lint_tree(database, servers.get(database))
    ]


def _read_server(url: str) -> Server:
    from dataforeman_schema.commands.lint.server import read_server  # noqa: PLC0415

    return read_server(url)


def _lint_tree(database: Database, server: Server | None) -> list[LintFinding]:
    check_released(database)
    unreleased = set(revisions(database)) - set(released_revisions(database))
    if not unreleased:  # and nothing slow is imported
        return []
    from dataforeman_schema.commands.lint.revision import Linter  # noqa: PLC0415
    from dataforeman_schema.commands.lint.severity import judge  # noqa: PLC0415

    linter = Linter.of(database, _load(database))
    findings = [
        replace(finding, file=_shown(finding.file))
        for script in linter.scripts
        if script.revision in unreleased
        for finding in linter.lint(script, server.postgresql if server else None)
    ]
    return [judge(finding, server) for finding in findings] if server else findings


def _load(database: Database) -> list[Script]:
    from dataforeman_schema.alembic_env.revisions import scripts  # noqa: PLC0415

    database.register_operations()
    try:
        return scripts(database)
    except SchemaError as error:
        raise CouldNotLookError(str(error)) from error


def _shown(file: str) -> str:
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file
