"""A copy of the project that tests make releases of."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dataforeman_schema.packaging import alembic_ini
from tests.commands import BIN, run
from tests.trees import lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TREES = ("alembic_meta", "alembic_tsdb")
FILES = ("CHANGELOG.md", "alembic.ini", "pyproject.toml")
_GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.invalid")


@dataclass(frozen=True)
class Project:
    """A checkout of the project, kept by git.

    Attributes:
        root: Its folder.
        environ: The variables that lead to its databases.
    """

    root: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def copy_to(cls, root: Path, *, with_models: bool = True) -> Project:
        """Copy the project into a folder that is not there yet, and commit it."""
        source = alembic_ini().parent
        for name in (
            *TREES,
            "docs",
            "spec",
            *["dataforeman_schema"][: int(with_models)],
        ):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source / name, root / name, ignore=ignored)
        for name in FILES:
            shutil.copy(source / name, root)
        lock(root)
        (root / ".gitignore").write_text("__pycache__/\n")
        project = cls(root)
        project.git("init", "--quiet")
        project.commit()
        return project

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the project's own dataforeman-schema."""
        return self._run("dataforeman-schema", *arguments)

    def alembic(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Alembic in the project."""
        return self._run("alembic", *arguments)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the project."""
        return self._run("python", *arguments)

    def _run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        ini, path = str(self.root / "alembic.ini"), str(self.root)
        environ = {"ALEMBIC_CONFIG": ini, "PYTHONPATH": path, **self.environ}
        return run(BIN / command, *arguments, **environ)

    @contextmanager
    def imported(self) -> Iterator[None]:
        """Let this very process find the trees there, for a block."""
        sys.path.insert(0, str(self.root))
        before = {name: sys.modules.pop(name, None) for name in TREES}
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(str(self.root))
            for name, module in before.items():
                sys.modules.pop(name, None)
                if module:
                    sys.modules[name] = module

    def git(self, *arguments: str) -> None:
        """Run git there."""
        subprocess.run([*_GIT, *arguments], cwd=self.root, check=True)

    def commit(self) -> None:
        """Commit all that is there."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Test")

    def read(self, name: str) -> str:
        """Read a file of it."""
        return (self.root / name).read_text("utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a part of a file, which it has."""
        text = self.read(name)
        assert old in text
        (self.root / name).write_text(text.replace(old, new, 1), "utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file of it."""
        (self.root / name).write_text(text, "utf-8")
