"""How long `alembic upgrade head` takes over a long history.

The same revisions run in a copy of our tree of the metadata database, after ours, and
in a project as `alembic init` makes it, which has one transaction for all of them; the
longest also where each has one of its own, as ours do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.comparison import Contrast, timed
from dataforeman_schema.alembic_env.revision_files import head_sql_path
from dataforeman_schema.databases import META
from dataforeman_schema.packaging import alembic_ini

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

_GOAL: Final = 1.1
_ALEMBIC: Final = str(Path(sys.executable).with_name("alembic"))
_PER_TABLE: Final = 10  # revisions that change a table, the first of which makes it
_REVISION: Final = '''"""A revision of the benchmark.

Revision ID: {revision}
Revises: {down}
Created: 2026-01-01
"""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    {upgrade}


def downgrade() -> None:
    """Change it back."""
    {downgrade}
'''
_CREATE: Final = (
    'op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True))',
    'op.drop_table("{table}")',
)
_ADD: Final = (
    'op.add_column("{table}", sa.Column("{column}", sa.Text(), nullable=True))',
    'op.drop_column("{table}", "{column}")',
)
_CONFIG: Final = "config = context.config\n"
_CONFIGURE: Final = "connection=connection, "
_URL: Final = f"""
import os

url = os.environ["{META.variables.url}"].replace("%", "%%")
config.set_main_option("sqlalchemy.url", url)
"""


@dataclass(frozen=True)
class Project:
    """A tree of revisions and who runs it.

    Attributes:
        folder: Where it is.
        options: What Alembic's command is given.
        provide: Provides a database at the revision that the benchmark's come after.
    """

    folder: Path
    options: tuple[str, ...]
    provide: Callable[[], AbstractContextManager[ConnectionSettings]]

    def change_env(self, old: str, new: str) -> None:
        """Put one piece of text of Alembic's own env.py in place of another."""
        path = self.folder / "migrations" / "env.py"
        before, after = path.read_text("utf-8").split(old)  # it is there once
        path.write_text(before + new + after, "utf-8")

    def upgrade(self) -> float:
        """Return the seconds that `alembic upgrade head` takes."""
        with self.provide() as settings:
            url = settings.url().render_as_string(hide_password=False)
            environ = {META.variables.url: url, "PYTHONPATH": str(self.folder)}
            return timed(partial(self._run, environ))

    def _run(self, environ: dict[str, str]) -> None:
        environ = os.environ | environ | {"ALEMBIC_CONFIG": "alembic.ini"}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run(
            [_ALEMBIC, *self.options, "upgrade", "head"],
            cwd=self.folder,
            env=environ,
            check=True,
            capture_output=True,
        )


def run(bench: Bench) -> None:
    """Compare both over histories of every length, and the longest with one before."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        ways = {}
        for number in bench.size.revisions:
            ways[_ours(number)] = _our_project(
                bench, root / f"o{number}", number
            ).upgrade
            vanilla = _vanilla_project(bench, root / f"v{number}", number)
            ways[_vanilla(number)] = vanilla.upgrade
        number = max(bench.size.revisions)
        each = _vanilla_project(bench, root / "each", number)
        each.change_env(_CONFIGURE, f"{_CONFIGURE}transaction_per_migration=True, ")
        ways[_each(number)] = each.upgrade
        rounds = bench.size.long_rounds
        work = "alembic upgrade head, by number of revisions"
        bench.compare(work, ways, *_contrasts(bench.size.revisions), rounds=rounds)


def _contrasts(numbers: tuple[int, ...]) -> Iterator[Contrast]:
    for number in numbers:
        yield Contrast(_ours(number), _vanilla(number), at_most=_GOAL)
    *_, fewer, most = numbers
    yield Contrast(_ours(most), _each(most))
    # Linear, or better: what does not grow is in both.
    for way in (_ours, _vanilla):
        goal = most / fewer if way is _ours else None
        yield Contrast(way(most), way(fewer), at_most=goal)


def _ours(number: int) -> str:
    return f"our environment, {number}"


def _vanilla(number: int) -> str:
    return f"vanilla Alembic, {number}"


def _each(number: int) -> str:
    return f"vanilla Alembic with a transaction each, {number}"


def _our_project(bench: Bench, folder: Path, number: int) -> Project:
    tree = head_sql_path(META).parent
    shutil.copytree(tree, folder / tree.name)
    shutil.copy(alembic_ini(), folder)
    released = len(list((tree / "versions").glob("0*.py")))
    _write(folder / tree.name / "versions", number, "meta", released)
    return Project(folder, ("-n", META.name), bench.meta.copy)


def _vanilla_project(bench: Bench, folder: Path, number: int) -> Project:
    init = [_ALEMBIC, "init", "migrations"]
    folder.mkdir()
    subprocess.run(init, cwd=folder, check=True, capture_output=True)
    _write(folder / "migrations" / "versions", number, "vanilla", 0)
    project = Project(folder, (), bench.meta.empty)
    project.change_env(_CONFIG, _CONFIG + _URL)
    return project


def _write(versions: Path, number: int, tree: str, released: int) -> None:
    down = f"{tree}_{released:03}" if released else None
    for index in range(number):
        revision = f"{tree}_{released + index + 1:03}"
        table, column = f"bench_{index // _PER_TABLE}", f"column_{index % _PER_TABLE}"
        upgrade, downgrade = _ADD if index % _PER_TABLE else _CREATE
        statements = {
            "upgrade": upgrade.format(table=table, column=column),
            "downgrade": downgrade.format(table=table, column=column),
        }
        text = _REVISION.format(revision=revision, down=down, **statements)
        file = versions / f"{revision.removeprefix(tree + '_')}_bench.py"
        file.write_text(text, "utf-8")
        down = revision
