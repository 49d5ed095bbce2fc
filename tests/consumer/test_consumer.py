"""A service on the wheel: its types, its own tables, and its tests by our fixtures."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import run
from tests.documents import CHECKOUT
from tests.full import FULL

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

PROJECT = Path(__file__).parent / "project"
GUIDE = CHECKOUT / "docs" / "own-tables.md"
LOCKED = CHECKOUT / "requirements" / "consumer.txt"
SHOWN = re.compile(
    r"`([\w/]+\.py)`:\n\n(?:<.*>\n\n)?```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)

MISSPELT = """
from dataforeman_schema.meta import AuditEvent, Connection, User
from dataforeman_schema.tsdb import TagValue

AuditEvent(action="auth.login", outcome="success", metadata={})
User(email="a@example.com", displayname="A")
User(display_name="A")
Connection(name="Fax", type="fax")
TagValue(tag_id=1)
Connection(name="PLC", type="eip").config_data["slot"] = 1
User(email="a@example.com", roles=[])
"""
MISTAKEN = [5, 6, 7, 8, 9]
"""The lines of it that a type checker does not let pass."""


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder and an environment of its own, with the built wheel."""
    folder = tmp_path_factory.mktemp("consumer") / "project"
    shutil.copytree(PROJECT, folder)
    uv = (sys.executable, "-m", "uv", "--quiet")
    python = folder / ".venv" / "bin" / "python"
    made = run(*uv, "venv", "--python", sys.executable, folder / ".venv")
    assert made.returncode == 0, made
    index = os.environ.get("PIP_INDEX_URL", "")  # a mirror is one for uv, too
    for packages in (("--requirement", LOCKED), ("--no-deps", wheel)):
        install = (*uv, "pip", "install", "--python", python, *packages)
        done = run(*install, **({"UV_DEFAULT_INDEX": index} if index else {}))
        assert done.returncode == 0, done
    (folder / "misspelt.py").write_text(MISSPELT, encoding="utf-8")
    return folder


def check(project: Path, *command: str) -> dict[str, list[int]]:
    """Run a type checker; list the lines with errors of each file."""
    result = run(project / ".venv" / "bin" / command[0], *command[1:])
    found: dict[str, list[int]] = {}
    for path, line in re.findall(r"(\S+\.py):(\d+):.* error: ", result.stdout):
        found.setdefault(Path(path).name, []).append(int(line))
    return {path: sorted(set(lines)) for path, lines in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_types(project: Path, monkeypatch: pytest.MonkeyPatch, checker: str) -> None:
    """Both checkers find nothing in the project, and each mistake beside it."""
    monkeypatch.chdir(project)
    files = ("reports", "tests", "misspelt.py")
    assert check(project, checker, *files) == {"misspelt.py": MISTAKEN}


def test_its_tests(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    meta_server: ConnectionSettings,
    tsdb_server: ConnectionSettings,
) -> None:
    """Its tests pass with the fixtures; a full run starts servers of its own."""
    monkeypatch.chdir(project)
    servers = {"META_TEST_URL": meta_server, "TSDB_TEST_URL": tsdb_server}
    given = {
        name: server.url().render_as_string(hide_password=False)
        for name, server in servers.items()
    }
    pytest_ = (project / ".venv" / "bin" / "pytest", "-pno:cacheprovider")
    result = run(*pytest_, **({} if FULL else given))
    assert result.returncode == 0, result.stdout
    before = {path.name for path in PROJECT.iterdir()}
    assert {path.name for path in project.iterdir()} - before <= {
        *(".mypy_cache", ".venv", "misspelt.py"),
    }


def test_the_guide_shows_it() -> None:
    """What docs/own-tables.md shows of the files is what is in them."""
    shown = SHOWN.findall(GUIDE.read_text(encoding="utf-8"))
    assert len(shown) == 3
    for path, text in shown:
        assert text == (PROJECT / path).read_text(encoding="utf-8")
