"""New revisions get the tree's next number and a readable file name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.commands import alembic, assert_refused, variables

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings


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


def test_given_number(checkout: Path, meta_database: ConnectionSettings) -> None:
    """An id of the tree's form that is given is kept."""
    environ = {
        **variables(meta_database),
        "ALEMBIC_CONFIG": str(checkout / "alembic.ini"),
    }
    given = ("--rev-id", "meta_010", "-m", "later")
    result = alembic("-n", "meta", "revision", *given, **environ)
    assert result.returncode == 0, result
    written = checkout / "alembic_meta" / "versions" / "010_later.py"
    assert 'revision = "meta_010"' in written.read_text()


def test_message_of_any_kind(checkout: Path, meta_database: ConnectionSettings) -> None:
    """A message with quotes and backslashes leaves a file that Python can read."""
    environ = {
        **variables(meta_database),
        "ALEMBIC_CONFIG": str(checkout / "alembic.ini"),
    }
    message = 'Move C:\\users \\x """now"'
    result = alembic("-n", "meta", "revision", "-m", message, **environ)
    assert result.returncode == 0, result
    [written] = (checkout / "alembic_meta" / "versions").glob("003_*.py")
    docstring = ast.get_docstring(ast.parse(written.read_text()))
    assert docstring is not None
    assert docstring.startswith(f"{message}.")
    assert alembic("-n", "meta", "upgrade", "head", **environ).returncode == 0


def test_no_branches(checkout: Path, meta_database: ConnectionSettings) -> None:
    """Nothing is merged: what is written is the next of a line."""
    environ = {
        **variables(meta_database),
        "ALEMBIC_CONFIG": str(checkout / "alembic.ini"),
    }
    versions = checkout / "alembic_meta" / "versions"
    before = sorted(versions.glob("*.py"))
    result = alembic("-n", "meta", "merge", "heads", "-m", "x", **environ)
    assert_refused(result, "nothing to merge", "alembic -n meta revision")
    assert sorted(versions.glob("*.py")) == before


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
