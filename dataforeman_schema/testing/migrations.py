"""Alembic's commands on one database, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from alembic import command

from dataforeman_schema.alembic_env.configuration import configure

if TYPE_CHECKING:
    from alembic.config import Config

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


@dataclass(frozen=True)
class Migrations:
    """One tree of revisions and the database that they run on.

    Every method raises `alembic.util.CommandError`, with one line that names cause
    and remedy, when the database or a revision refuses.

    Attributes:
        database: Which tree.
        settings: Where the database is.
    """

    database: Database
    settings: ConnectionSettings

    def upgrade(self, revision: str = "head") -> None:
        """Upgrade to a revision."""
        command.upgrade(self.config(), revision)

    def downgrade(self, revision: str = "base") -> None:
        """Downgrade to a revision, with what that does to data."""
        command.downgrade(self.config(), revision)

    def check(self) -> None:
        """Compare models and database; a difference raises `CommandError`."""
        command.check(self.config())

    def upgrade_sql(self, revisions: str = "head") -> str:
        """Write the SQL of an upgrade; no connection is made."""
        return self._sql(command.upgrade, revisions)

    def downgrade_sql(self, revisions: str) -> str:
        """Write the SQL of a downgrade, `from:to`; no connection is made."""
        return self._sql(command.downgrade, revisions)

    def config(self, output: StringIO | None = None) -> Config:
        """Make the configuration for a command of `alembic.command`.

        Args:
            output: Where the command prints; None drops what it prints.
        """
        return configure(self.database, self.settings, output=output)

    def _sql(self, run: object, revisions: str) -> str:
        output = StringIO()
        run(self.config(output), revisions, sql=True)  # type: ignore[operator]
        return output.getvalue()
