"""Making a release: its revisions are locked from then on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.checkout import STUB, Checkout
from dataforeman_schema.alembic_env.head_sql import of_release
from dataforeman_schema.alembic_env.release_version import ReleaseVersion
from dataforeman_schema.alembic_env.released import (
    add_released,
    read_released,
    released_json,
    unreleased_files,
)
from dataforeman_schema.alembic_env.revision_files import head_sql_path
from dataforeman_schema.commands.release import git
from dataforeman_schema.commands.release.checks import check_checkout
from dataforeman_schema.databases import DATABASES
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def release(version: ReleaseVersion) -> list[str]:
    """Make a release of the checkout: everything is checked before a file is written.

    `released.json` of both trees takes up the revisions, which nothing unlocks. The
    package gets the version, and the changelog the day (UTC).

    Args:
        version: Its version.

    Returns:
        What was done and what is to be done by hand, a line each.

    Raises:
        SchemaError: Something is not as it should be; nothing was written.
    """
    made = _Release(Checkout.require(), version)
    made.check()
    written = dict(made.files())
    for path, text in written.items():
        path.write_text(text, "utf-8")
    return [*map(made.describe, written), "Now run:", *made.commands(written)]


def check_version(checkout: Checkout, version: ReleaseVersion) -> None:
    """Refuse the version of a release that is there, or of one before it.

    Raises:
        SchemaError: It is not a later one than all that are released.
    """
    released = [
        ReleaseVersion.parse(each.release)
        for database in DATABASES.values()
        for each in read_released(database)
    ]
    newest = max(checkout.version(), *released)
    if version <= newest:
        raise SchemaError(
            f"{version} does not come after {newest}, which is released; name a later "
            "version"
        )


@dataclass(frozen=True)
class _Release:
    """A release to be made.

    Attributes:
        checkout: Of what.
        version: Its version.
    """

    checkout: Checkout
    version: ReleaseVersion

    @cached_property
    def revisions(self) -> dict[str, list[Path]]:
        """The files of its revisions, by tree."""
        return {name: unreleased_files(tree) for name, tree in DATABASES.items()}

    def check(self) -> None:
        """Refuse what must not be released."""
        check_version(self.checkout, self.version)
        self._check_git()
        self._check_names()
        check_checkout()
        self._check_changelog()

    def _check_git(self) -> None:
        if changed := git.changes(self.checkout.root):
            raise SchemaError(
                f"{changed[0][3:]} is not committed ({len(changed)} such files); "
                "commit or remove them first"
            )
        if git.is_tag(self.checkout.root, f"v{self.version.package}"):
            raise SchemaError(
                f"there is a tag v{self.version.package}; name a later version"
            )

    def _check_names(self) -> None:
        for path in (path for paths in self.revisions.values() for path in paths):
            if ReleaseVersion.of_file(path.name) != self.version:
                raise SchemaError(
                    f"{path} is not named after {self.version}; name the release that "
                    f"it is of, or rename it to …_{_slug(self.version)}_release.py"
                )

    def _check_changelog(self) -> None:
        section = self.checkout.unreleased()
        if not section.strip():
            raise SchemaError(
                f"there is nothing to release: {self.checkout.changelog} tells of "
                "nothing that is to come; say there what is new"
            )
        if STUB in section:
            raise SchemaError(
                f"{self.checkout.changelog} still has '{STUB}'; say that, in words"
            )

    def files(self) -> Iterator[tuple[Path, str]]:
        """Write what changes, without keeping it: each file with its text."""
        checkout, version = self.checkout, self.version
        yield checkout.pyproject, checkout.with_version(version)
        today = datetime.now(UTC).date()
        yield checkout.changelog, checkout.with_release(version, today)
        for name, tree in DATABASES.items():
            path = head_sql_path(tree)
            yield path, of_release(path.read_text("utf-8"), version.package)
            if files := self.revisions[name]:
                yield (
                    released_json(tree),
                    add_released(read_released(tree), files, str(version)),
                )

    def describe(self, path: Path) -> str:
        """Say that a file was written."""
        return f"Wrote {path.relative_to(self.checkout.root)}"

    def commands(self, written: dict[Path, str]) -> Iterator[str]:
        """Write the commands that are left to whoever makes the release."""
        names = " ".join(str(path.relative_to(self.checkout.root)) for path in written)
        tag = f"v{self.version.package}"
        yield f"  git add {names}"
        yield f'  git commit -m "Release {self.version}"'
        yield f'  git tag -a {tag} -m "Release {self.version}"'


def _slug(version: ReleaseVersion) -> str:
    return str(version).replace(".", "_")
