"""`dataforeman-schema revision` writes the next revision of a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, run, variables
from tests.commands.places import execute
from tests.trees import copy_trees, following

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings
    from tests.typecheck import TypeChecker

COMMAND = (BIN / "dataforeman-schema", "revision", "meta", "-m", "v0.2 release")
NUMBER = following(META).removeprefix("meta_")


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the metadata tree's revisions, to write new ones into."""
    copy_trees(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "alembic_meta" / "versions"


def test_autogenerate(versions: Path, meta_database: ConnectionSettings) -> None:
    """It writes what differs from the models, and says where and what it detected."""
    execute(meta_database, "ALTER TABLE users DROP COLUMN display_name")
    result = run(*COMMAND, **variables(meta_database))
    written = versions / f"{NUMBER}_v0_2_release.py"
    assert result.returncode == 0, result
    assert str(written) in result.stdout
    assert "Detected added column" in result.stderr
    assert 'op.add_column(\n        "users"' in written.read_text()


def test_meta_has_types(
    versions: Path, meta_database: ConnectionSettings, type_checker: TypeChecker
) -> None:
    """A revision of the metadata tree needs Alembic alone, and mypy accepts it."""
    execute(meta_database, "DROP TABLE dashboard_configs, eip_tag_cache")
    result = run(*COMMAND, **variables(meta_database))
    assert result.returncode == 0, result
    written = versions / f"{NUMBER}_v0_2_release.py"
    assert "\nfrom alembic import op\n" in written.read_text()
    assert type_checker.errors(written) == []


def test_tsdb_has_types(
    versions: Path, tsdb_database: ConnectionSettings, type_checker: TypeChecker
) -> None:
    """One of the telemetry tree has TimescaleDB's operations with their types."""
    execute(tsdb_database, "DROP TABLE system_metrics")
    execute(tsdb_database, "SELECT remove_compression_policy('tag_values')")
    result = run(*COMMAND[:2], "tsdb", "-m", "repair", **variables(tsdb_database))
    assert result.returncode == 0, result
    number = following(TSDB).removeprefix("tsdb_")
    written = versions.parents[1] / f"alembic_tsdb/versions/{number}_repair.py"
    assert "\nfrom dataforeman_schema.timescale import op\n" in written.read_text()
    assert "op.create_hypertable(" in written.read_text()
    assert type_checker.errors(written) == []


def test_nothing_to_write(versions: Path, meta_database: ConnectionSettings) -> None:
    """Where models and database agree it writes no file, and says so."""
    before = sorted(versions.glob("*.py"))
    result = run(*COMMAND, **variables(meta_database))
    assert result.returncode == 0, result
    assert "no revision written" in result.stdout
    assert sorted(versions.glob("*.py")) == before


def test_empty(versions: Path, meta_database: ConnectionSettings) -> None:
    """An empty one is written on request."""
    result = run(*COMMAND, "--empty", **variables(meta_database))
    assert result.returncode == 0, result
    written = (versions / f"{NUMBER}_v0_2_release.py").read_text()
    assert f'revision = "{following(META)}"' in written
    assert "op." not in written


def test_behind_head(meta_empty_database: ConnectionSettings) -> None:
    """A database that is not at head cannot tell what is new, which is said last."""
    result = run(*COMMAND, **variables(meta_empty_database))
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert "not up to date" in last
    assert "run dataforeman-schema upgrade first" in last
