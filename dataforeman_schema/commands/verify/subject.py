"""A database that is being verified: what several checks need of it, read once."""

from __future__ import annotations

from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final

from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Row, inspect, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.comparison import comparison
from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.extension import Extension, read_extension
from dataforeman_schema.alembic_env.guards import check_scripts
from dataforeman_schema.alembic_env.history import HISTORY, OWN_TABLES, VERSION
from dataforeman_schema.commands.head import revisions
from dataforeman_schema.commands.verify.changes import changes
from dataforeman_schema.commands.verify.comparing import OTHER_COLUMNS, ComparingImpl
from dataforeman_schema.commands.verify.own_tables import read_own
from dataforeman_schema.databases import HYPERTABLES_QUERY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

    from dataforeman_schema.commands.verify.changes import Change
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


_OF_EXTENSIONS: Final = """
SELECT relname FROM pg_depend JOIN pg_class AS c ON c.oid = objid
WHERE classid = 'pg_class'::regclass AND deptype = 'e'
AND relnamespace = current_schema()::regnamespace
"""


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
    def others(self) -> dict[str, str]:
        """What has a table's name without being one, and its `pg_class.relkind`."""
        query = (
            "SELECT relname, relkind FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind NOT IN ('r', 'p')"
        )
        return dict(tuple(row) for row in self.rows(query))

    @cached_property
    def columns(self) -> frozenset[tuple[str, str]]:
        """The names of all columns in the database, each after its table's."""
        query = (
            "SELECT relname, attname FROM pg_attribute JOIN pg_class AS c"
            " ON c.oid = attrelid WHERE attnum > 0 AND NOT attisdropped"
            " AND relkind IN ('r', 'p')"
            " AND relnamespace = current_schema()::regnamespace"
        )
        return frozenset((table, column) for table, column in self.rows(query))

    @cached_property
    def aside(self) -> str:
        """The schema that goes what is not ours, rows and all: one with room for it."""
        query = (
            "SELECT FROM pg_class AS there JOIN pg_class AS here USING (relname)"
            " WHERE there.relnamespace = to_regnamespace(:name)"
            " AND here.relnamespace = current_schema()::regnamespace LIMIT 1"
        )
        names = chain(["set_aside"], (f"set_aside_{number}" for number in count(2)))
        return next(name for name in names if not self.rows(query, name=name))

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
    def _own(self) -> dict[str, Sequence[Row[Any]] | str]:
        """The rows of the migrations' own tables, or why they cannot be read."""
        return {
            name: read_own(self.connection, table, self.columns)
            for name, table in OWN_TABLES.items()
            if name in self.tables
        }

    @property
    def unreadable(self) -> dict[str, str]:
        """Why the migrations' own tables cannot be read, by table."""
        return {name: it for name, it in self._own.items() if isinstance(it, str)}

    @cached_property
    def recorded(self) -> tuple[str, ...]:
        """The revisions in alembic_version; there should be one at most."""
        revisions = (row.version_num for row in self._rows_of(VERSION))
        return tuple(revision for revision in revisions if revision is not None)

    @cached_property
    def history(self) -> Sequence[Row[Any]]:
        """The rows of schema_history, oldest first, each once."""
        return self._rows_of(HISTORY)

    def _rows_of(self, table: Table) -> Sequence[Row[Any]]:
        rows = self._own.get(table.name, [])
        return [] if isinstance(rows, str) else rows

    @cached_property
    def extension(self) -> Extension:
        """The timescaledb extension, in the database and on its server."""
        return read_extension(self.connection, self.database)

    @cached_property
    def hypertables(self) -> frozenset[str]:
        """The names of the tables that TimescaleDB keeps in chunks."""
        if not self.database.needs_timescaledb or self.extension.installed is None:
            return frozenset()
        return frozenset(self.connection.scalars(text(HYPERTABLES_QUERY)))

    @cached_property
    def changes(self) -> list[Change]:
        """What would bring the database to what the models say."""
        options = comparison(self.database, timescaledb=not self.extension.is_absent)
        of_extensions = {name for (name,) in self.rows(_OF_EXTENSIONS)}
        is_managed = options["include_name"]

        def include(name: str | None, kind: str, parents: object) -> bool:
            ours = kind != "table" or name not in of_extensions
            return ours and is_managed(name, kind, parents)

        return self._compare(self.metadata, {**options, "include_name": include})

    @cached_property
    def changing(self) -> frozenset[tuple[str | None, str | None]]:
        """The names of what changes, each after its table's."""
        return frozenset((change.table, change.name) for change in self.changes)

    @cached_property
    def own_changes(self) -> list[Change]:
        """What would make the migrations' own tables as declared."""
        options = comparison(self.database, timescaledb=False)
        options["version_table"] = "none"  # Alembic passes over the one that it has
        metadata = MetaData()
        for name in self.tables.intersection(OWN_TABLES):
            OWN_TABLES[name].to_metadata(metadata)

        def include(name: str | None, kind: str, _parents: object) -> bool:
            return kind != "table" or name in OWN_TABLES

        return self._compare(metadata, {**options, "include_name": include})

    def _compare(self, metadata: MetaData, options: dict[str, Any]) -> list[Change]:
        context = MigrationContext.configure(self.connection, opts=options)
        context.impl = ComparingImpl(self.connection, options)
        upgrade = produce_migrations(context, metadata).upgrade_ops
        return changes(upgrade.ops) if upgrade else []

    def is_ours(self, table: str) -> bool:
        """Tell whether a table is one of the models' or of the migrations' own."""
        return table in self.metadata.tables or table in OWN_TABLES

    def rows(self, query: str, **parameters: object) -> Sequence[Row[*tuple[Any, ...]]]:
        """Run a query and return all rows."""
        return self.connection.execute(text(query), parameters).all()

    def count(self, query: str) -> int:
        """Run a query that counts rows.

        Returns:
            The number; 0 if the columns that it names are not as the models say.
        """
        try:
            with self.connection.begin_nested():
                # A colon is one, and names no parameter.
                [(number,)] = self.rows(query.replace(":", r"\:"))
        except DBAPIError as error:
            if not isinstance(error.orig, OTHER_COLUMNS):
                raise
            return 0
        return int(number)
