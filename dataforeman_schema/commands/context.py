"""A database that is being verified: what several checks need of it, read once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from alembic.operations.ops import CreateTableOp
from sqlalchemy import Row, text

from dataforeman_schema.alembic_env.comparison import compare_with
from dataforeman_schema.alembic_env.extension_state import Extension, read_extension
from dataforeman_schema.alembic_env.history import (
    BOOKKEEPING_TABLES,
    HISTORY,
    VERSION,
    read_rows,
)
from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.alembic_env.revisions import scripts
from dataforeman_schema.catalog.changes import changes
from dataforeman_schema.catalog.live import LiveSchema
from dataforeman_schema.databases import HYPERTABLES_QUERY
from dataforeman_schema.pinning import UNTRUSTED_QUERY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.script import Script
    from sqlalchemy import Connection, MetaData, Table

    from dataforeman_schema.alembic_env.comparison import Compared
    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


_UNTRUSTED: Final = "to read it would run a function of another role"


class VerifyContext(LiveSchema):
    """One database, what it should be, and its tree of revisions.

    Nothing is changed in the database.

    Args:
        database: Which of the two it should be.
        settings: Where it is.
        connection: An open connection to it.
        max_lock_age_s: How long another session may keep others waiting, in seconds,
            before that is a finding.
        app_role: The role of the services, whose rights are looked at; None: none are.
    """

    def __init__(
        self,
        database: Database,
        settings: ConnectionSettings,
        connection: Connection,
        max_lock_age_s: float,
        app_role: str | None = None,
    ) -> None:
        super().__init__(connection)
        self.database = database
        self.settings = settings
        self.max_lock_age_s = max_lock_age_s
        self.app_role = app_role
        self.trusts_record = True

    @cached_property
    def metadata(self) -> MetaData:
        """The models."""
        return self.database.metadata()

    @cached_property
    def declared_tables(self) -> frozenset[str]:
        """The names of the models' tables."""
        declared = self.metadata.tables.items()
        return frozenset(name for name, table in declared if not table.is_view)

    @property
    def missing_tables(self) -> frozenset[str]:
        """The names of the models' tables that the database lacks."""
        return self.declared_tables - self.tables

    @cached_property
    def scripts(self) -> dict[str, Script]:
        """The revisions of the tree by id, loaded, oldest first."""
        return {script.revision: script for script in scripts(self.database)}

    @cached_property
    def revision_chain(self) -> list[str]:
        """The ids of the tree's revisions, oldest first."""
        return revisions(self.database)

    @cached_property
    def _bookkeeping(self) -> dict[str, Sequence[Row[Any]] | str]:
        """The rows of the migrations' own tables, or why they cannot be read."""
        return {
            name: _UNTRUSTED
            if name in self.untrusted_tables
            else read_rows(self.connection, table, self.columns)
            for name, table in BOOKKEEPING_TABLES.items()
            if name in self.tables
        }

    @cached_property
    def untrusted_tables(self) -> frozenset[str]:
        """Tables that nobody reads without running functions of other roles."""
        query = UNTRUSTED_QUERY.format(names=":names")
        names = [*self.metadata.tables, *BOOKKEEPING_TABLES]
        return frozenset(name for (name,) in self.rows(query, names=names))

    @property
    def unreadable(self) -> dict[str, str]:
        """Why the migrations' own tables cannot be read, by table."""
        found = self._bookkeeping.items()
        return {name: why for name, why in found if isinstance(why, str)}

    @cached_property
    def recorded(self) -> tuple[str, ...]:
        """The revisions in alembic_version; there should be one at most."""
        found = (row.version_num for row in self._rows_of(VERSION))
        return tuple(revision for revision in found if revision is not None)

    @cached_property
    def history(self) -> Sequence[Row[Any]]:
        """The rows of schema_history, oldest first, each once."""
        return self._rows_of(HISTORY)

    def _rows_of(self, table: Table) -> Sequence[Row[Any]]:
        rows = self._bookkeeping.get(table.name, [])
        return [] if isinstance(rows, str) else rows

    @property
    def revision(self) -> str | None:
        """The revision that the database is at, as far as its record can be right."""
        if not self.trusts_record:
            return None
        known = [each for each in self.recorded if each in self.revision_chain]
        return known[0] if len(self.recorded) == len(known) == 1 else None

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
    def compared(self) -> Compared:
        """The database beside what its revision makes."""
        return compare_with(
            self.connection,
            self.database,
            self.revision,
            self.extension,
            self.tables.intersection(BOOKKEEPING_TABLES),
        )

    @cached_property
    def changes(self) -> list[Change]:
        """What would bring the database to what its revision makes."""
        return changes(self.compared.operations)

    @property
    def missing(self) -> list[Change]:
        """The tables that the revision makes and the database lacks."""
        return [
            change
            for change in self.changes
            if isinstance(change.operations[0], CreateTableOp)
        ]

    @property
    def expected_tables(self) -> Mapping[str, Table]:
        """The tables that the database should have, by name."""
        return self.compared.tables

    @cached_property
    def changing(self) -> frozenset[tuple[str | None, str | None]]:
        """The names of what changes, each after its table's."""
        return frozenset((change.table, change.name) for change in self.changes)
