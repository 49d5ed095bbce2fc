"""A copy of the trees of revisions, for tests that add to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trees import copy_trees

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trees of revisions, to write new ones into."""
    copy_trees(tmp_path)
    monkeypatch.setenv("ALEMBIC_CONFIG", str(tmp_path / "alembic.ini"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path
