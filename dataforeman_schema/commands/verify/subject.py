"""A database that is being verified: what several checks need of it, read once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Row, inspect, select, text

from dataforeman_schema.alembic_env.comparison import comparison
from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.extension import Extension, read_extension
from dataforeman_schema.alembic_env.guards import check_scripts
from dataforeman_schema.alembic_env.history import HISTORY
from dataforeman_schema.commands.head import revisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import MigrateOperation
    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


class Subject:
    """One database, its models and its tree of revisions.

    Nothing is changed in the database.

    Args:
        database: Which of the two it should be.
        settings: Where it is.
        connection: An open connection to it.
        patience_s: How long another session may keep others waiting, in seconds,
            before that is a finding.
    """

    def __init__(
        self,
        database: Database,
        settings: ConnectionSettings,
        connection: Connection,
        patience_s: float,
    ) -> None:
        self.database = database
        self.settings = settings
        self.connection = connection
        self.patience_s = patience_s

    @cached_property
    def metadata(self) -> MetaData:
        """The models."""
        return self.database.metadata()

    @cached_property
    def tables(self) -> frozenset[str]:
        """The names of the tables in the database, the migrations' own too."""
        return frozenset(inspect(self.connection).get_table_names())

    @cached_property
    def missing_tables(self) -> frozenset[str]:
        """The names of the models' tables that the database lacks."""
        return frozenset(self.metadata.tables) - self.tables

    @cached_property
    def script(self) -> ScriptDirectory:
        """The revisions of the tree, loaded."""
        script = ScriptDirectory.from_config(configure(self.database))
        check_scripts(script)
        return script

    @cached_property
    def line(self) -> list[str]:
        """The ids of the tree's revisions, oldest first."""
        return revisions(self.database)

    @cached_property
    def recorded(self) -> tuple[str, ...]:
        """The revisions in alembic_version; there should be one at most."""
        if "alembic_version" not in self.tables:
            return ()
        query = text("SELECT version_num FROM alembic_version ORDER BY 1")
        return tuple(self.connection.scalars(query))

    @cached_property
    def history(self) -> Sequence[Row[Any]]:
        """The rows of schema_history, oldest first."""
        if HISTORY.name not in self.tables:
            return []
        query = select(HISTORY).order_by(HISTORY.c.applied_at)
        return self.connection.execute(query).all()

    @cached_property
    def extension(self) -> Extension:
        """The timescaledb extension, in the database and on its server."""
        return read_extension(self.connection, self.database)

    @cached_property
    def drift(self) -> list[MigrateOperation]:
        """The operations that would bring the database to what the models say."""
        context = MigrationContext.configure(
            self.connection,
            opts=comparison(self.database, timescaledb=not self.extension.is_absent),
        )
        upgrade = produce_migrations(context, self.metadata).upgrade_ops
        return list(upgrade.ops) if upgrade else []

    def rows(self, query: str, **parameters: object) -> Sequence[Row[*tuple[Any, ...]]]:
        """Run a query and return all rows."""
        return self.connection.execute(text(query), parameters).all()
