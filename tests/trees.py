"""What tests expect of the two trees of revisions and of their models.

All of it is read from these, so that a further revision changes what is expected and
no test.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.released import add_released, parse_released
from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.meta.seed import SEED
from dataforeman_schema.packaging import alembic_ini

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.databases import Database


def line(database: Database) -> list[str]:
    """List the ids of a tree's revisions, oldest first."""
    return revisions(database)


def head(database: Database) -> str:
    """Name the newest revision of a tree."""
    return line(database)[-1]


def following(database: Database, nth: int = 1) -> str:
    """Name the nth revision after the head, once somebody writes it."""
    tree, _, number = head(database).rpartition("_")
    return f"{tree}_{int(number) + nth:03}"


def copy_trees(folder: Path) -> Path:
    """Copy both trees to a folder, to write further revisions into them."""
    root = alembic_ini().parent
    shutil.copy(root / "alembic.ini", folder)
    for tree in ("alembic_meta", "alembic_tsdb"):
        shutil.copytree(root / tree, folder / tree)
    lock(folder)
    return folder


def lock(root: Path) -> None:
    """Have all revisions of a copied project count as released, as after a release."""
    for path in root.glob("alembic_*/released.json"):
        released = parse_released(path.read_text("utf-8"))
        listed = {each.file for each in released}
        files = sorted(path.parent.glob("versions/[!_]*.py"))
        files = [file for file in files if file.name not in listed]
        path.write_text(add_released(released, files, released[-1].release), "utf-8")


def tables(database: Database) -> list[str]:
    """List the names of the tables that a database has at head, sorted."""
    declared = database.metadata().tables.values()
    return sorted(table.name for table in declared if not table.is_view)


def seeded(table: str) -> int:
    """Count the rows that a table of a new metadata database has."""
    return sum(row.table == table for row in SEED)
