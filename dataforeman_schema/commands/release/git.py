"""What git has of the checkout: what is written over can be brought back from there."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from pathlib import Path


def changes(root: Path, path: Path | None = None) -> list[str]:
    """List what was changed since the last commit, a line each, as git's short status.

    Args:
        root: The checkout.
        path: A file to look at alone; None: all.

    Raises:
        SchemaError: Git does not keep the checkout.
    """
    return _git(root, "status", "--porcelain", "--", str(path or root))


def is_tag(root: Path, name: str) -> bool:
    """Tell whether a tag is there.

    Raises:
        SchemaError: Git does not keep the checkout.
    """
    return bool(_git(root, "tag", "--list", name))


def newest_tag(root: Path) -> str | None:
    """Name the newest tag of a release in the history; None: there is none, or no git.

    A source archive has no history, and need not have git.
    """
    try:
        return _git(root, "describe", "--tags", "--abbrev=0", "--match", "v*")[0]
    except SchemaError:
        return None


def content(root: Path, commit: str, path: Path) -> str | None:
    """Read a file of a commit; None: the commit does not have it."""
    name = path.relative_to(root).as_posix()
    if not _git(root, "ls-tree", commit, "--", name):
        return None
    return "\n".join(_git(root, "show", f"{commit}:./{name}"))


def _git(root: Path, *arguments: str) -> list[str]:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - no shell
    except OSError as error:
        raise SchemaError(f"git does not run ({error}); install it") from error
    except subprocess.CalledProcessError as error:
        raise SchemaError(
            f"git does not keep {root} ({' '.join(error.stderr.split())}); work in a "
            "clone of the project"
        ) from error
    return done.stdout.splitlines()
