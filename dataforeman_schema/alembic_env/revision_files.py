"""The revisions of a tree, read without Alembic."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

_ID = re.compile(r"^(revision|down_revision) = (?:None|\"([^\"]+)\")$", re.MULTILINE)
BASE = ""
"""Stands for the id of a revision before the first."""


def versions_folder(database: Database) -> Path:
    """Find the folder of a tree's revisions.

    Raises:
        SchemaError: The package of the tree is not installed.
    """
    package = f"alembic_{database.name}"
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SchemaError(f"no package {package}: install dataforeman-schema again")
    return Path(spec.submodule_search_locations[0]) / "versions"


def revision_files(database: Database) -> list[Path]:
    """List the files of a tree's revisions, in no particular order."""
    return list(versions_folder(database).glob("[!_]*.py"))


def head_sql_path(database: Database) -> Path:
    """Name the script that new databases are loaded with."""
    return versions_folder(database).parent / "head.sql"


def head_revision(database: Database) -> str:
    """Read the id of the newest revision from the files, without running them.

    Raises:
        SchemaError: The files do not form a line of revisions.
    """
    return revisions(database)[-1]


def revisions(database: Database) -> list[str]:
    """Read the ids of all revisions from the files, without running them.

    A tree has one revision after the other and no branches.

    Returns:
        The ids, oldest first; there is at least one.

    Raises:
        SchemaError: The files do not form such a line.
    """
    found = [read_ids(path) for path in revision_files(database)]
    after = {before: revision for revision, before in found}
    line: list[str] = []
    while (newest := line[-1] if line else BASE) in after:
        line.append(after.pop(newest))
    if not line or not len(set(line)) == len(line) == len(found):
        ids = ", ".join(sorted(revision for revision, _ in found)) or "none"
        raise SchemaError(
            f"the revisions in {versions_folder(database)} ({ids}) do not come one "
            "after the other; install the package again"
        )
    return line


def unknown_revision(database: Database, revision: str) -> SchemaError:
    """Say that a database is at a revision that no file of its tree has."""
    from importlib.metadata import version  # noqa: PLC0415 - slow, seldom needed

    return SchemaError(
        f"the {database.title} is at {revision}, which dataforeman-schema "
        f"{version('dataforeman-schema')} does not know; install the release that "
        "brought it there, or a later one"
    )


def read_ids(path: Path) -> tuple[str, str]:
    """Read the id of a revision and of the one before it, without running the file.

    Raises:
        SchemaError: The file is no revision.
    """
    try:
        ids = dict(_ID.findall(path.read_text(encoding="utf-8")))
        return ids["revision"], ids["down_revision"] or BASE
    except (KeyError, UnicodeDecodeError):
        raise SchemaError(
            f"{path} is no revision; mend the file, or install the package again"
        ) from None
