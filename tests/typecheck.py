"""What a type checker says of a revision."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.commands import run

if TYPE_CHECKING:
    from pathlib import Path


class TypeChecker:
    """mypy as a project runs it that has no settings for it.

    Args:
        cache: A folder for what it found of the packages, so that it reads them once.
    """

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    def errors(self, *files: Path) -> list[str]:
        """Check files without mercy and list what is wrong in them, a line each."""
        options = ("--strict", "--config-file=", "--no-error-summary")
        cached = ("--cache-dir", str(self.cache))
        result = run(sys.executable, "-m", "mypy", *options, *cached, *files)
        assert not result.stderr, result
        return result.stdout.splitlines()
