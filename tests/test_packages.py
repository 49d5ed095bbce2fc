"""The border that import-linter cannot see: revisions are loaded by path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dataforeman_schema.commands.lint.file_rules import models_imported
from tests.commands import run

ROOT = Path(__file__).parents[1]
REVISIONS = sorted(ROOT.glob("alembic_*/versions/*.py"))


def ours(source: str) -> set[str]:
    """What a source imports of this package, but for operations and their types."""
    return {name for _, name in models_imported(source)}


def packages(modules: list[str]) -> set[str]:
    """The top-level packages of modules."""
    return {name.partition(".")[0] for name in modules}


def loaded(module: str) -> list[str]:
    """What a process has imported after the ORM and a module."""
    code = f"import sys, sqlalchemy.orm, {module}; print(*sys.modules)"
    return run(sys.executable, "-c", code).stdout.split()


@pytest.mark.parametrize("path", REVISIONS, ids=lambda path: path.stem)
def test_a_revision_imports_no_models(path: Path) -> None:
    """A revision is for ever, and models change: it must not lean on them."""
    assert ours(path.read_text()) == set()


def test_an_import_of_models_is_seen() -> None:
    """The models are found however they are imported, and operations may be."""
    assert ours("from dataforeman_schema import meta") == {"dataforeman_schema.meta"}
    assert ours("def upgrade():\n    import dataforeman_schema.tsdb as t") == {
        "dataforeman_schema.tsdb"
    }
    assert ours("from dataforeman_schema.timescale import Months") == set()
    assert len(REVISIONS) >= 4


@pytest.mark.parametrize("models", ["meta", "tsdb", "timescale"])
def test_models_import_what_they_need(models: str) -> None:
    """Who uses models waits for SQLAlchemy and them: no Alembic, no driver, no CLI."""
    modules = loaded(f"dataforeman_schema.{models}")
    needed = loaded("sqlalchemy.dialects.postgresql")
    ours = {
        name.split(".")[1] for name in modules if name.startswith("dataforeman_schema.")
    }
    assert packages(modules) <= packages(needed) | {"dataforeman_schema", "gc"}
    assert ours <= {"base", "collector", "types", "mutable", "timescale", models}


@pytest.mark.parametrize("state", ["enable", "disable"])
def test_importing_models_leaves_the_collector_as_it_was(state: str) -> None:
    """Garbage is collected after the import of models if it was before."""
    models = "dataforeman_schema.meta, dataforeman_schema.tsdb"
    code = f"import gc; gc.{state}(); import {models}"
    printed = run(sys.executable, "-c", f"{code}; print(gc.isenabled())").stdout
    assert printed.strip() == str(state == "enable")
