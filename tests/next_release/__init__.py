"""One more release, made in a copy of the project as a maintainer makes one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import alembic

from dataforeman_schema.packaging import alembic_ini
from tests.commands import BIN, variables
from tests.measuring import unmeasured
from tests.trees import lock

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_MODELS = Path(__file__).parent
_LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv", ".servers", ".env", ".*cache", ".coverage*", ".hypothesis"),
    *("__pycache__", "build", "dist", "htmlcov"),
)
_PACKAGES = Path(alembic.__file__).parents[1]


@dataclass(frozen=True)
class Project:
    """A copy of the project, whose commands work on its own files.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    @property
    def bin(self) -> Path:
        """Where its commands are."""
        return self.folder / ".venv" / "bin"

    def release(self, database: Database, settings: ConnectionSettings) -> None:
        """Change the models of a database, and write all that a release of it needs.

        Args:
            database: Which of the two.
            settings: A database of the release before, to compare the models with.
        """
        self._change_models(database)
        make = ("revision", "--autogenerate", "-m", "next release")
        self._alembic(database, *make, **variables(settings))
        self.run("python", "docs/generate_pictures.py").check_returncode()

    def _change_models(self, database: Database) -> None:
        package = self.folder / "dataforeman_schema" / database.name
        shutil.copy(_MODELS / f"{database.name}.py", package / "next_release.py")
        with (package / "__init__.py").open("a", encoding="utf-8") as module:
            module.write(f"import {database.models}.next_release\n")

    def _alembic(self, database: Database, *arguments: str, **environ: str) -> str:
        done = self.run("alembic", "-n", database.name, *arguments, **environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(
        self, program: str, *arguments: str, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its commands in its folder."""
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env=unmeasured() | environ,
            capture_output=True,
            text=True,
            check=False,
        )


def copy_project(folder: Path) -> Project:
    """Copy the project, and install the copy beside what this one is installed with."""
    project = Project(shutil.copytree(alembic_ini().parent, folder, ignore=_LEFT_OUT))
    lock(folder)
    venv.create(folder / ".venv")
    [site] = folder.glob(".venv/lib/*/site-packages")
    (site / "project.pth").write_text(f"{folder}\n{_PACKAGES}\n", "utf-8")
    for stamp in ("runtime", "dev"):  # nothing is to be installed there
        (folder / ".venv" / stamp).touch()
    for program in ("alembic", "dataforeman-schema", "pytest"):
        script = (BIN / program).read_text("utf-8")
        script = script.replace(sys.executable, str(project.bin / "python"), 1)
        (project.bin / program).write_text(script, "utf-8")
        (project.bin / program).chmod(0o755)
    return project
