"""New revisions get the tree's next number and a readable file name."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.packaging import alembic_ini
from tests.commands import alembic, variables

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings


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


def test_next_number(checkout: Path, meta_database: ConnectionSettings) -> None:
    """A revision follows the head in id and file name, and it runs."""
    environ = {
        **variables(meta_database),
        "ALEMBIC_CONFIG": str(checkout / "alembic.ini"),
    }
    result = alembic("-n", "meta", "revision", "-m", "v0.2 release", **environ)
    assert result.returncode == 0, result
    written = checkout / "alembic_meta" / "versions" / "003_v0_2_release.py"
    assert 'revision = "meta_003"' in written.read_text()
    assert 'down_revision = "meta_002"' in written.read_text()
    assert alembic("-n", "meta", "upgrade", "head", **environ).returncode == 0


def test_nothing_to_do(checkout: Path, meta_database: ConnectionSettings) -> None:
    """Autogenerate writes no file when models and database agree."""
    environ = {
        **variables(meta_database),
        "ALEMBIC_CONFIG": str(checkout / "alembic.ini"),
    }
    versions = checkout / "alembic_meta" / "versions"
    before = sorted(versions.glob("*.py"))
    result = alembic(
        "-n", "meta", "revision", "--autogenerate", "-m", "none", **environ
    )
    assert result.returncode == 0, result
    assert "no revision written" in result.stdout
    assert sorted(versions.glob("*.py")) == before
