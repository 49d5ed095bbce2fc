"""What cannot be released, or written for a release, is refused in one line."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from dataforeman_schema.alembic_env.checkout import Checkout
from dataforeman_schema.cli import main
from dataforeman_schema.databases import META
from tests.commands.bad_inputs import ids
from tests.commands.project import Project
from tests.trees import following, head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

NEWEST = str(Checkout.require().version())
NUMBER = following(META).rpartition("_")[2]
REVISION = f"alembic_meta/versions/{NUMBER}_v0_9_release.py"
UP = "\n\ndef upgrade() -> None:\n    {}\n"
DOWN = "\n\ndef downgrade() -> None:\n    {}\n"
ACTS, IDLE, RAISES = "len(())", '"""Nothing."""', 'raise ValueError("no")'
WHY = '"""Nothing, because the rows stay."""'


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with the models of this one."""
    root = tmp_path_factory.mktemp("copied") / "project"
    return Project.copy_to(root, with_models=False).root


@pytest.fixture
def project(copied: Path, tmp_path: Path) -> Project:
    """A copy of it, the test's own."""
    root = tmp_path / "project"
    shutil.copytree(copied, root)
    return Project(root)


def revision(project: Project, up: str, down: str, name: str = REVISION) -> None:
    """Write a revision after the head of the metadata tree, and commit it."""
    text = ids(following(META), after=head(META)) + UP.format(up) + DOWN.format(down)
    project.write(name, text)
    project.commit()


def dirty(project: Project) -> None:
    """Change a file, and do not commit it."""
    project.write("CHANGELOG.md", project.read("CHANGELOG.md") + "\n")


def without_git(project: Project) -> None:
    """Let nothing keep the project."""
    shutil.rmtree(project.root / ".git")


def without_section(project: Project) -> None:
    """Let the changelog have no section of what is to come."""
    project.replace("CHANGELOG.md", "## [Unreleased]\n", "")
    project.commit()


def nothing_new(project: Project) -> None:
    """Let the changelog tell of nothing that is to come."""
    text = project.read("CHANGELOG.md")
    start, end = text.index("## [Unreleased]\n"), text.index("## [0.")
    project.write("CHANGELOG.md", f"{text[:start]}## [Unreleased]\n\n{text[end:]}")
    project.commit()


def two_heads(project: Project) -> None:
    """Let two revisions come after the same one."""
    revision(project, ACTS, ACTS)
    text = ids("meta_900", after=head(META)) + UP.format(ACTS) + DOWN.format(ACTS)
    project.write("alembic_meta/versions/900_v0_9_release.py", text)
    project.commit()


def two_revisions(project: Project) -> None:
    """Let a release have two revisions, one after the other."""
    revision(project, ACTS, ACTS)
    text = ids("meta_900", after=following(META)) + UP.format(ACTS)
    project.write("alembic_meta/versions/900_v0_9_release.py", text)
    project.commit()


def old_reference(project: Project) -> None:
    """Let the reference of the tables say what no model says."""
    project.replace("docs/schema.md", "### audit_events", "### audit")
    project.commit()


RELEASES: dict[str, tuple[Callable[[Project], object] | None, tuple[str, ...]]] = {
    "no version": (None, ("'nine' is no version", "v0.3")),
    "an old version": (None, (f"v0.0.9 does not come after {NEWEST}", "name a later")),
    "the same version": (None, (f"{NEWEST} does not come after {NEWEST}",)),
    "dirty": (dirty, ("CHANGELOG.md is not committed", "commit or remove")),
    "no git": (without_git, ("git does not keep", "clone")),
    "a tag": (lambda it: it.git("tag", "v0.9.0"), ("there is a tag v0.9.0",)),
    "no section": (without_section, ("CHANGELOG.md has no section", "## [Unreleased]")),
    "nothing new": (nothing_new, ("nothing to release", "CHANGELOG.md")),
    "two heads": (two_heads, ("do not come one after the other",)),
    "two revisions": (two_revisions, ("900_v0_9_release.py", "one revision")),
    "another name": (
        lambda it: revision(it, ACTS, WHY, "alembic_meta/versions/003_more.py"),
        ("003_more.py is not named after v0.9", "rename it"),
    ),
    "an empty upgrade": (
        lambda it: revision(it, "pass", ACTS),
        (f"upgrade() of {{root}}/{REVISION} does nothing", "because"),
    ),
    "no downgrade": (
        lambda it: revision(it, ACTS, f"{IDLE}\n    pass"),
        ("downgrade() of", "does nothing and does not say why"),
    ),
    "a downgrade that raises": (
        lambda it: revision(it, ACTS, RAISES),
        ("downgrade() of", "because"),
    ),
    "an old head.sql": (lambda it: revision(it, ACTS, WHY), ("head.sql", "make sql")),
    "an old reference": (old_reference, ("docs/schema.md", "make docs")),
}
VERSIONS = {"no version": "nine", "an old version": "0.0.9", "the same version": NEWEST}


@pytest.mark.parametrize("name", RELEASES)
def test_release(name: str, project: Project) -> None:
    """Nothing of the project is written when something is wrong."""
    prepare, words = RELEASES[name]
    if prepare:
        prepare(project)
    before = {path: path.read_bytes() for path in sources(project)}
    result = invoke(project, "release", VERSIONS.get(name, "v0.9"))
    assert_one_line(result, *(word.format(root=project.root) for word in words))
    assert {path: path.read_bytes() for path in sources(project)} == before


def invoke(project: Project, *arguments: str) -> Result:
    """Run dataforeman-schema in this process, with the trees of a project."""
    with project.imported():
        return CliRunner().invoke(main, arguments)


def assert_one_line(result: Result, *words: str) -> None:
    """Assert an exit code and one line on standard error that holds the words."""
    assert result.exit_code, result.output
    assert result.output == result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def sources(project: Project) -> list[Path]:
    """List the files of a release."""
    trees = [*project.root.glob("alembic_*/*.*"), *project.root.glob("alembic_*/*/*")]
    return [*trees, project.root / "pyproject.toml", project.root / "CHANGELOG.md"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("Give --release VERSION, or TREE and -m",)),
        (("-m", "x"), ("Give --release VERSION, or TREE and -m",)),
        (("meta", "-m", "x", "--rewrite"), ("Give --release VERSION",)),
        (("--release", "0.9", "--lose-data"), ("--lose-data with --rewrite",)),
        (("--release", "0.9.0.1"), ("'0.9.0.1' is no version",)),
        (("--release", "0.0.1"), (f"v0.0.1 does not come after {NEWEST}",)),
        (("--release", "0.9", "--rewrite"), ("no revision of v0.9 to write again",)),
    ],
)
def test_revision(
    arguments: tuple[str, ...], words: tuple[str, ...], project: Project
) -> None:
    """A command line that makes no sense is refused before a server is asked."""
    assert_one_line(invoke(project, "revision", *arguments), *words)


def test_stable(project: Project) -> None:
    """From 1.0, what is written is not written again."""
    revision(project, ACTS, WHY, REVISION.replace("v0_9", "v1_0"))
    result = invoke(project, "revision", "--release", "v1.0", "--rewrite")
    assert_one_line(result, "v1.0 is no beta", "by hand")
