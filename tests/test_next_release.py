"""A release touches no test of those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.databases import META, TSDB
from tests.full import FULL
from tests.next_release import copy_project

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

FAST = ("-m", "fast", "-p", "no:cacheprovider", "--no-header", "-q", "-n", "0")
MOST_TOUCHED = (
    *("tests/meta/test_catalog.py", "tests/meta/test_seed.py"),
    *("tests/meta/test_values.py", "tests/alembic_env/test_trees.py"),
    *("tests/commands/test_load.py", "tests/commands/test_status.py"),
)
"""What counts, lists or compares what the models and the revisions have."""


def test_next_release_touches_no_test(
    tmp_path: Path,
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
) -> None:
    """With a column, a table, a view and a seed row more, the fast tests pass."""
    project = copy_project(tmp_path / "project")
    project.release(META, meta_database)
    project.release(TSDB, tsdb_database)
    tested = project.run(
        "python", "-m", "pytest", *FAST, *(() if FULL else MOST_TOUCHED)
    )
    assert tested.returncode == 0, tested.stdout
