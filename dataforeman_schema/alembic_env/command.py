"""Which of Alembic's commands runs, on which database, and how patiently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.guards import check_scripts
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.released import check_released
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext


@dataclass(frozen=True)
class Command:
    """A command of Alembic, as its environment tells it to `env.py`.

    Attributes:
        context: The environment that Alembic made for it.
        database: The one that `-n` names.
        options: How long it waits and what it may lose.
        known: The ids of the tree's revisions.
    """

    context: EnvironmentContext
    database: Database
    options: Options
    known: set[str]

    @classmethod
    def read(cls, context: EnvironmentContext) -> Command:
        """Read what was asked for, and every revision of the tree.

        Raises:
            SchemaError: No database is chosen, an option is wrong, the revisions cannot
                be read, a released one was changed, or the command would make a branch
                of them.
        """
        given_database: Database | None = context.config.attributes.get("database")
        database = given_database or _choose(context.config)
        _refuse_merge(context, database)
        check_released(database)
        given: Options | None = context.config.attributes.get("options")
        options = given or Options.parse(context.get_x_argument(as_dictionary=True))
        return cls(context, database, options, check_scripts(context.script))

    @property
    def writes(self) -> bool:
        """Whether it changes the database."""
        has_target = "destination_rev" in self.context.context_opts
        return has_target or self._runs("do_ensure_version")

    @property
    def compares(self) -> bool:
        """Whether it needs the models: it writes a revision, or checks."""
        return "revision_context" in self.context.context_opts

    @property
    def is_upgrade(self) -> bool:
        """Whether it is `alembic upgrade`."""
        return self._runs("upgrade")

    @property
    def is_downgrade(self) -> bool:
        """Whether it is `alembic downgrade`."""
        return self._runs("downgrade")

    @property
    def verb(self) -> str:
        """What runs revisions: ``upgrade``, ``downgrade``, or nothing does."""
        words = {"upgrade": self.is_upgrade, "downgrade": self.is_downgrade}
        return next((word for word, runs in words.items() if runs), "")

    @property
    def is_stamp(self) -> bool:
        """Whether it is `alembic stamp`."""
        return self._runs("do_stamp")

    def _runs(self, function: str) -> bool:
        return _function(self.context) == function


def _function(context: EnvironmentContext) -> str:
    """Name the function that Alembic hands over; nothing else tells the command."""
    return getattr(context.context_opts.get("fn"), "__name__", "")


def _refuse_merge(context: EnvironmentContext, database: Database) -> None:
    if _function(context) == "nothing":  # so Alembic names it in `merge`
        raise SchemaError(
            "revisions come one after the other, so there is nothing to merge; write "
            f"the next one with alembic -n {database.name} revision"
        )


def _choose(config: Config) -> Database:
    if database := DATABASES.get(config.config_ini_section):
        return database
    raise SchemaError(
        "no database chosen: write alembic -n meta … for the metadata database or "
        "alembic -n tsdb … for the telemetry database"
    )
