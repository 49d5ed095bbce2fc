"""The newest revision of a tree, read without Alembic."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

_ID = re.compile(r"^(revision|down_revision) = (?:None|\"([^\"]+)\")$", re.MULTILINE)


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


def head_revision(database: Database) -> str:
    """Read the id of the newest revision from the files, without running them.

    A tree has one revision after the other and no branches.

    Returns:
        The only id that no other revision comes after.

    Raises:
        SchemaError: The files do not form such a tree.
    """
    folder = versions_folder(database)
    ids: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in folder.glob("[!_]*.py"):
        for kind, name in _ID.findall(path.read_text(encoding="utf-8")):
            ids[kind].add(name)
    heads = ids["revision"] - ids["down_revision"]
    if len(heads) != 1:
        found = ", ".join(sorted(heads)) or "none"
        raise SchemaError(
            f"the revisions in {folder} have not one newest but {found}; "
            "install the package again"
        )
    return heads.pop()
