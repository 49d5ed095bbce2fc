"""The files of a checkout of the project that go with its revisions."""

from __future__ import annotations

import re
import runpy
import tomllib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.release_version import ReleaseVersion
from dataforeman_schema.alembic_env.revision_files import versions_folder
from dataforeman_schema.databases import DATABASES, META
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

STUB: Final = "<!-- say what it changes -->"
"""What stands in the changelog until somebody says what a new revision changes."""

_HEADING: Final = "## [Unreleased]\n"
_SECTION: Final = re.compile(
    rf"(?<={re.escape(_HEADING)}).*?(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
_VERSION: Final = re.compile(r'^version = "[^"]*"$', re.MULTILINE)


@dataclass(frozen=True)
class Checkout:
    """The folder that holds both trees, and what else of the project is there.

    Attributes:
        root: The folder.
    """

    root: Path

    @classmethod
    def find(cls) -> Checkout | None:
        """Find it; None: the package is installed without one."""
        root = versions_folder(META).parents[1]
        return cls(root) if (root / "pyproject.toml").is_file() else None

    @classmethod
    def require(cls) -> Checkout:
        """Find it.

        Raises:
            SchemaError: The package is installed without one.
        """
        if found := cls.find():
            return found
        raise SchemaError(
            f"{versions_folder(META).parents[1]} is no checkout of the project, where "
            "releases are made; install it from one with pip install --editable"
        )

    @property
    def pyproject(self) -> Path:
        """What holds the package's version."""
        return self.root / "pyproject.toml"

    @property
    def changelog(self) -> Path:
        """What tells of every release."""
        return self.root / "CHANGELOG.md"

    def version(self) -> ReleaseVersion:
        """Read the version of the newest release.

        Raises:
            SchemaError: The project has none.
        """
        project = tomllib.loads(self.pyproject.read_text("utf-8")).get("project", {})
        return ReleaseVersion.parse(project.get("version", "none"))

    def with_version(self, version: ReleaseVersion) -> str:
        """Write the project's settings with another version."""
        text = self.pyproject.read_text("utf-8")
        return _VERSION.sub(f'version = "{version.package}"', text, count=1)

    def generated(self) -> dict[Path, str]:
        """Write what the models say, without keeping it: each file with its text.

        It is the reference of every table, and, where ruff can format them, what the
        models' constructors take.
        """
        docs = self.root / "docs"
        reference = runpy.run_path(str(docs / "generate_schema.py"))
        texts = {docs / "schema.md": reference["schema"]()}
        if find_spec("ruff"):
            models = runpy.run_path(str(docs / "generate_constructors.py"))
            for database in DATABASES.values():
                texts[models["target"](database)] = models["constructors"](database)
        return texts

    def unreleased(self) -> str:
        """Read what the changelog tells of the release to come.

        Raises:
            SchemaError: It has no section for that.
        """
        return _section(self.changelog)[1]

    def with_release(self, version: ReleaseVersion, day: date) -> str:
        """Write the changelog with the release to come as one of a day.

        Raises:
            SchemaError: It has no section of the release to come.
        """
        before, section, after = _section(self.changelog)
        return f"{before}\n## [{version.package}] - {day}\n{section}{after}"

    def with_entry(self, revision: str) -> str:
        """Write the changelog with a line for a new revision, if it has none.

        Raises:
            SchemaError: It has no section of the release to come.
        """
        before, section, after = _section(self.changelog)
        entry = f"- Revision `{revision}`: {STUB}\n"
        if f"`{revision}`" not in section:
            added = "\n### Added\n\n"
            if added not in section:
                section = f"{added}{section}" if section.strip() else f"{added}\n"
            section = section.replace(added, f"{added}{entry}", 1)
        return f"{before}{section}{after}"


def _section(changelog: Path) -> tuple[str, str, str]:
    """Take the changelog apart: before the section to come, the section, after it."""
    text = changelog.read_text("utf-8")
    if found := _SECTION.search(text):
        return text[: found.start()], found[0], text[found.end() :]
    raise SchemaError(
        f"{changelog} has no section of what is to come; begin one with the line "
        f"{_HEADING.strip()}"
    )
