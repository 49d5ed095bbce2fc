"""A copy of the trees of revisions, for tests that add to them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.packaging import alembic_ini

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trees of revisions, to write new ones into."""
    root = alembic_ini().parent
    shutil.copy(root / "alembic.ini", tmp_path)
    for tree in ("alembic_meta", "alembic_tsdb"):
        shutil.copytree(root / tree, tmp_path / tree)
    monkeypatch.setenv("ALEMBIC_CONFIG", str(tmp_path / "alembic.ini"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path
