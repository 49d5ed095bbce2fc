"""Released revisions stay as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.alembic_env import released, revision_files
from dataforeman_schema.alembic_env.released import (
    check_released,
    released_json,
    released_revisions,
)
from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.databases import DATABASES, META, Database
from dataforeman_schema.errors import SchemaError
from tests.trees import following, head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("tree", DATABASES.values(), ids=DATABASES)
def test_nothing_changed(tree: Database) -> None:
    """The tree begins with the released revisions, each as it was released."""
    check_released(tree)
    listed = released_revisions(tree)
    assert listed
    assert revisions(tree)[: len(listed)] == listed


def change(tree: Path) -> None:
    """Add a line to a released file."""
    with (tree / "versions/002_seed_data.py").open("a") as file:
        file.write("# changed\n")


def remove(tree: Path) -> None:
    """Delete a released file."""
    (tree / "versions/002_seed_data.py").unlink()


def double(tree: Path) -> None:
    """Copy a released file."""
    text = (tree / "versions/002_seed_data.py").read_text()
    (tree / "versions/003_copy.py").write_text(text)


def branch(tree: Path) -> None:
    """Let a new revision come before a released one."""
    text = f'revision = "{following(META)}"\ndown_revision = "meta_001"\n'
    (tree / "versions/003_early.py").write_text(text)


def rewrite(tree: Path, edit: Callable[[list[dict[str, str]]], object]) -> None:
    """Edit the list of released revisions."""
    path = tree / "released.json"
    listed = json.loads(path.read_text())
    edit(listed["revisions"])
    path.write_text(json.dumps(listed))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change, "002_seed_data.py was changed after it was released in v0.1"),
        (remove, "002_seed_data.py is missing"),
        (double, "003_copy.py is meta_002 again"),
        (branch, f"003_early.py comes before {head(META)}"),
        (lambda tree: rewrite(tree, list.reverse), "[.]py in another order"),
        (lambda tree: rewrite(tree, lambda it: it.append(it[1])), "002_seed_data.py"),
        (lambda tree: rewrite(tree, lambda it: it[0].pop("file")), "released.json"),
        (lambda tree: (tree / "released.json").unlink(), "released.json"),
        (lambda tree: (tree / "released.json").write_text("[]"), "released.json"),
    ],
)
def test_damage(
    damage: Callable[[Path], object],
    words: str,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was changed, removed, doubled or put in another order is named."""
    tree = checkout / "alembic_meta"
    damage(tree)
    for module in (released, revision_files):
        monkeypatch.setattr(module, "versions_folder", lambda _: tree / "versions")
    with pytest.raises(SchemaError, match=words) as refusal:
        check_released(META)
    assert "\n" not in str(refusal.value)
    assert str(released_json(META).parent) in str(refusal.value)
