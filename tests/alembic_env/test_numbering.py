"""New revisions get the tree's next number and a readable file name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META
from tests.commands import alembic, assert_refused, variables
from tests.trees import following, head

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

NUMBER = following(META).removeprefix("meta_")


@pytest.fixture
def versions(checkout: Path) -> Path:
    """The metadata tree's revisions, to write new ones into."""
    return checkout / "alembic_meta" / "versions"


@pytest.fixture
def environ(checkout: Path, meta_database: ConnectionSettings) -> dict[str, str]:
    """Variables that lead to these revisions and a database at head."""
    config = {"ALEMBIC_CONFIG": str(checkout / "alembic.ini")}
    return variables(meta_database) | config


def test_next_number(versions: Path, environ: dict[str, str]) -> None:
    """A revision follows the head in id and file name, and it runs."""
    result = alembic("-n", "meta", "revision", "-m", "v0.2 release", **environ)
    assert result.returncode == 0, result
    written = versions / f"{NUMBER}_v0_2_release.py"
    assert f'revision = "{following(META)}"' in written.read_text()
    assert f'down_revision = "{head(META)}"' in written.read_text()
    assert alembic("-n", "meta", "upgrade", "head", **environ).returncode == 0


def test_given_number(versions: Path, environ: dict[str, str]) -> None:
    """An id of the tree's form that is given is kept."""
    given = ("--rev-id", "meta_900", "-m", "later")
    result = alembic("-n", "meta", "revision", *given, **environ)
    assert result.returncode == 0, result
    written = versions / "900_later.py"
    assert 'revision = "meta_900"' in written.read_text()


def test_message_of_any_kind(versions: Path, environ: dict[str, str]) -> None:
    """A message with quotes and backslashes leaves a file that Python can read."""
    message = 'Move C:\\users \\x """now"'
    result = alembic("-n", "meta", "revision", "-m", message, **environ)
    assert result.returncode == 0, result
    [written] = versions.glob(f"{NUMBER}_*.py")
    docstring = ast.get_docstring(ast.parse(written.read_text()))
    assert docstring is not None
    assert docstring.startswith(f"{message}.")
    assert alembic("-n", "meta", "upgrade", "head", **environ).returncode == 0


def test_no_branches(versions: Path, environ: dict[str, str]) -> None:
    """Nothing is merged: what is written is the next of a line."""
    before = sorted(versions.glob("*.py"))
    result = alembic("-n", "meta", "merge", "heads", "-m", "x", **environ)
    assert_refused(result, "nothing to merge", "alembic -n meta revision")
    assert sorted(versions.glob("*.py")) == before


def test_nothing_to_do(versions: Path, environ: dict[str, str]) -> None:
    """Autogenerate writes no file when models and database agree."""
    before = sorted(versions.glob("*.py"))
    result = alembic(
        "-n", "meta", "revision", "--autogenerate", "-m", "none", **environ
    )
    assert result.returncode == 0, result
    assert "no revision written" in result.stdout
    assert sorted(versions.glob("*.py")) == before


def test_second(versions: Path, environ: dict[str, str]) -> None:
    """While a revision is not released, there is no other one."""
    arguments = ("-n", "meta", "revision", "-m", "v0.9 release")
    assert alembic(*arguments, **environ).returncode == 0
    again = ("-n", "meta", "revision", "-m", "v0.10 release")
    result = alembic(*again, **environ)
    assert result.returncode == 1, result
    last = result.stderr.splitlines()[-1]
    assert f"{NUMBER}_v0_9_release.py is not released yet" in last
    assert not list(versions.glob("*v0_10*"))
