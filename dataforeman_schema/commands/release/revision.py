"""The one revision that a release has in a tree: written, and in beta written again."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.checkout import Checkout
from dataforeman_schema.alembic_env.numbering import refuse_second
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.release_version import ReleaseVersion
from dataforeman_schema.alembic_env.released import unreleased_files
from dataforeman_schema.alembic_env.revision_files import head_sql_path
from dataforeman_schema.alembic_env.revisions import scripts
from dataforeman_schema.commands.migrate import migrate
from dataforeman_schema.commands.release import git
from dataforeman_schema.commands.release.bring_along import bring_along, read_changes
from dataforeman_schema.commands.release.checks import check_locked
from dataforeman_schema.commands.release.run import check_version
from dataforeman_schema.commands.revision import write_revision
from dataforeman_schema.commands.scratch_database import scratch_database
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from alembic.operations import MigrateOperation

    from dataforeman_schema.databases import Database


@dataclass(frozen=True)
class ReleaseRevisions:
    """The revisions of a coming release, one in each tree that changes.

    Attributes:
        version: The release.
        databases: Whose trees.
        say: Told what was done.
    """

    version: ReleaseVersion
    databases: Sequence[Database]
    say: Callable[[str], None]

    def write(self, *, autogenerate: bool) -> None:
        """Write what the models have and the trees have not.

        The revisions that are there run in databases that are made beside those of
        the environment, and dropped.

        Args:
            autogenerate: Whether to do that; else they are empty.

        Raises:
            SchemaError: A tree has a revision that is not released, or the version
                does not come after those that are.
        """
        self._check()
        for database in self.databases:
            refuse_second(database)
        for database in self.databases:
            self._write(database, autogenerate=autogenerate)

    def rewrite(self, *, lose_data: bool) -> None:
        """Write those that are there again, and bring the databases along.

        A file keeps its name and id. What then differs between the models and a
        database that is at it is changed there; columns that stay keep their rows.

        Args:
            lose_data: Whether rows and values may go with what the models no longer
                have.

        Raises:
            SchemaError: A revision must stay as it is, or a database would lose
                something; that tree and its database are as before.
        """
        self._check()
        found = {database: self._file(database) for database in self.databases}
        if not any(found.values()):
            raise SchemaError(
                f"there is no revision of {self.version} to write again; without "
                "--rewrite one is written"
            )
        for database, path in found.items():
            if path is None:
                self._write(database)
            else:
                self._rewrite(database, path, Options(lose_data=lose_data))

    def _check(self) -> None:
        check_locked()
        check_version(Checkout.require(), self.version)

    def _file(self, database: Database) -> Path | None:
        """Name the file of a tree's revision that may be written again."""
        found = unreleased_files(database)
        if not found:
            return None
        if len(found) > 1 or ReleaseVersion.of_file(found[0].name) != self.version:
            raise SchemaError(
                f"{found[0]} is not the one revision of {self.version}; release it, or "
                "finish it by hand"
            )
        if self.version.major:
            raise SchemaError(
                f"{self.version} is no beta, so {found[0]} is not written again; "
                "change it by hand"
            )
        _check_kept(found[0])
        return found[0]

    def _write(self, database: Database, *, autogenerate: bool = True) -> None:
        message = self.version.message
        with scratch_database(database.settings(), "revision") as scratch:
            migrate(database, scratch, Options(), _ignore, _ignore)
            said = write_revision(database, message, scratch, autogenerate=autogenerate)
        if said:
            self.say(f"{database.title}: {said}")

    def _rewrite(self, database: Database, path: Path, options: Options) -> None:
        changes = read_changes(database, scripts(database)[-1])
        with _restored_on_failure(path, head_sql_path(database)):
            path.unlink()
            self._write(database)
            if not path.exists():
                raise SchemaError(
                    f"without {path.name} the models and the {database.title} agree; "
                    f"run alembic -n {database.name} downgrade -1, delete it, and run "
                    "make sql"
                )
            if changes is not None:
                bring_along(database, scripts(database)[-1], changes, options)
        self.say(f"{database.title}: {_brought(path, changes)}")


def _brought(path: Path, changes: list[MigrateOperation] | None) -> str:
    if changes is None:
        return f"{path.name} is written again; dataforeman-schema upgrade runs it"
    number = len(changes)
    made = "1 change was" if number == 1 else f"{number} changes were"
    return f"{path.name} is written again, and {made} made for it"


def _ignore(_message: str) -> None:
    """Nobody else is in a database of a moment."""


def _check_kept(path: Path) -> None:
    """Refuse to write over what git could not bring back."""
    for line in git.changes(path.parent, path):
        if line[1] != " ":
            raise SchemaError(
                f"{path} has lines that git does not have; git add it first, and carry "
                "over afterwards what was written by hand"
            )


@contextmanager
def _restored_on_failure(*paths: Path) -> Iterator[None]:
    """Bring files back to what they are if a block fails."""
    contents = {path: path.read_bytes() for path in paths}
    try:
        yield
    except BaseException:
        for path, content in contents.items():
            path.write_bytes(content)
        raise
