"""The documents: what is generated is current, what is to be typed works."""

from __future__ import annotations

import os
import re
import subprocess
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import DATABASES, META
from docs.build_site import CONFIGURATION, PAGES, build, lay_out
from docs.generate_constructors import constructors, target
from docs.generate_linting import TARGET as LINTING
from docs.generate_linting import linting
from tests.commands import BIN, run, variables
from tests.documents import (
    ADOPTING,
    CHECKOUT,
    OPERATIONS,
    SCALING,
    blocks,
    infos,
    spans,
)
from tests.trees import head

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

README = CHECKOUT / "README.md"
CONTRIBUTING = CHECKOUT / "CONTRIBUTING.md"
SCAFFOLD = "python -m dataforeman_schema.timescale scaffold"
DOCS = CHECKOUT / "docs"
DOCUMENTS = (README, CONTRIBUTING, *sorted(DOCS.glob("**/*.md")))
PATH = f"{BIN}{os.pathsep}{os.environ['PATH']}"


def test_rules_of_lint_are_current() -> None:
    """docs/linting.md lists the rules as they are; `make docs` writes it anew."""
    assert LINTING.read_text(encoding="utf-8") == linting()


@pytest.mark.slow  # for what builds it, which a copy of the project may lack
def test_site() -> None:
    """The site is built of all documents; no link or anchor in it leads nowhere."""
    lay_out()
    build()
    configured = CONFIGURATION.read_text("utf-8")
    pages = {str(page.relative_to(PAGES)) for page in PAGES.glob("**/*.md")}
    assert {page for page in pages if f'"{page}"' not in configured} == set()


def test_constructors_are_current() -> None:
    """What type checkers know of the models is what they are; see `make docs`."""
    for database in DATABASES.values():
        assert target(database).read_text("utf-8") == constructors(database)


def test_alembic_commands(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Alembic's commands run as they are written, but for the one that writes a file.

    That one, `revision`, has tests of its own, in a copy of the trees.
    """
    environ = variables(meta_database) | variables(tsdb_database)
    commands = spans(README, "alembic") + spans(CONTRIBUTING, ".venv/bin/alembic")
    kept = [command for command in commands if " revision " not in command]
    assert len(kept) == len(commands) - 1
    for command in kept:
        in_path = command.removeprefix(".venv/bin/")
        result = run("/bin/sh", "-c", in_path, PATH=PATH, **environ)
        assert result.returncode == 0, result


def test_alembic_from_any_folder(
    meta_empty_database: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that needs no checkout finds its configuration itself."""
    [command] = [text for text in blocks(README, "sh") if "ALEMBIC_CONFIG" in text]
    monkeypatch.setenv("PATH", PATH)
    environ = os.environ | variables(meta_empty_database)
    environ.pop("ALEMBIC_CONFIG", None)
    subprocess.run(["/bin/sh", "-c", command], env=environ, check=True)
    result = run(BIN / "alembic", "-n", "meta", "current", **environ)
    assert f"{head(META)} (head)" in result.stdout


def test_every_block_is_run_or_is_output() -> None:
    """The examples in Python run, text is output, and the rest has tests by its kind.

    Those are in this file but for the guides of operations and of taking over.
    """
    for document in DOCUMENTS:
        lines = document.read_text("utf-8").splitlines()
        fences = [line.strip() for line in lines if line.strip().startswith("```")]
        begins = [fence.removeprefix("```") for fence in fences[::2]]
        assert set(fences[1::2]) <= {"```"}, document
        if document not in {OPERATIONS, ADOPTING, SCALING}:
            assert set(begins) <= {"python", "text", "sh"}, document
        if document.parent == DOCS / "adr":
            assert not begins, document


def test_shell_blocks() -> None:
    """All blocks are valid shell, and what they call is ours or is named here.

    They install, start containers and run this very suite: no test can do that.
    """
    called = set()
    guides = [each for each in DOCUMENTS if each not in {OPERATIONS, ADOPTING, SCALING}]
    shown = [blocks(each, "sh") for each in guides if "sh" in infos(each)]
    for text in chain(*shown):
        subprocess.run(["/bin/sh", "-n", "-c", text], check=True)
        lines = text.replace("\\\n", " ").splitlines()
        called |= {re.sub(r"^(\w+=(\$\(.*?\)|\S+) +)+", "", line) for line in lines}
    assert {line for line in called if not line.startswith(("make ", "export "))} == {
        "docker compose up --wait",
        "pip install 'dataforeman-schema'",
        "pip install 'dataforeman-schema[messages]'",
        "pip install 'dataforeman-schema[testing,async]'",
        f"{SCAFFOLD} postgresql://user@host/database",
        "alembic -n meta upgrade head",
        "dataforeman-schema status --watch 5 --disk 500GB",
        "dataforeman-schema status --format prometheus",
    }


def test_make_targets() -> None:
    """Every `make …` of the documents is a command that the Makefile has."""
    texts = [
        *blocks(README, "sh"),
        *spans(README, "make"),
        *spans(CONTRIBUTING, "make"),
    ]
    targets = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(texts)))
    assert targets > {"migrate", "test"}
    command = ["make", "--dry-run", *targets]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
