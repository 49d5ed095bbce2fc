"""TimescaleDB where it is there, plain tables where it is optional and is not."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.autogenerate import produce_migrations
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from dataforeman_schema.alembic_env.comparison import comparison
from dataforeman_schema.alembic_env.home import check_overloads, unpinned
from dataforeman_schema.databases import (
    HYPERTABLES_QUERY,
    MINIMUM_TIMESCALEDB,
    TIMESCALEDB_QUERY,
    OfferedTimescale,
    not_preloaded,
)
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database

log = logging.getLogger("alembic.dataforeman.extension")

_TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
    " AND relname = ANY (:names) AND relnamespace"
    " = quote_ident(current_schema())::regnamespace"
)


@dataclass(frozen=True)
class Extension(OfferedTimescale):
    """The timescaledb extension of a database.

    Attributes:
        plain: The critical tables that are no hypertables.
    """

    plain: frozenset[str] = frozenset()

    @property
    def came_later(self) -> bool:
        """Whether tables are plain that were made before the server had it."""
        return bool(self.plain) and not self.is_absent

    @property
    def is_usable(self) -> bool:
        """Whether revisions can use it: it is there, or the first one creates it."""
        return not (self.is_absent or self.came_later)

    def check(self, database: Database, *, optional: bool) -> None:
        """Refuse a server without the extension, or with one that cannot be used.

        Args:
            database: Whose server it is.
            optional: Whether a server may do without it.

        Raises:
            SchemaError: It is missing and needed, not preloaded, or too old.
        """
        if problem := self.problem(database, optional=optional):
            raise SchemaError(problem)
        if self.is_absent:
            log.warning("No TimescaleDB on this server: the tables are plain")
            return
        version = self.installed or self.available or ""
        if is_too_old(version):
            raise SchemaError(
                f"timescaledb {version} is too old; install {MINIMUM_TIMESCALEDB} or "
                "later and run ALTER EXTENSION timescaledb UPDATE"
            )


def is_too_old(version: str) -> bool:
    """Tell whether a version of the extension is older than what is supported."""
    return _release(version) < _release(MINIMUM_TIMESCALEDB)


def _release(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def read_extension(connection: Connection, database: Database) -> Extension:
    """Look for the extension in a database and on its server; reads only.

    Raises:
        SchemaError: The database has it, and its server cannot use it.
    """
    offered = read_offered(connection)
    if offered.installed and not offered.is_preloaded:
        raise SchemaError(not_preloaded(database))
    readable = offered.installed is not None and not is_too_old(offered.installed)
    hypertables = (
        set(connection.scalars(text(HYPERTABLES_QUERY))) if readable else set()
    )
    critical = {"names": list(database.critical_tables)}
    tables = set(connection.scalars(_TABLES, critical))
    return Extension(**vars(offered), plain=frozenset(tables - hypertables))


def read_offered(connection: Connection) -> OfferedTimescale:
    """Look for the extension without using it; reads only."""
    found = connection.execute(text(TIMESCALEDB_QUERY)).mappings().one_or_none()
    return OfferedTimescale(**found) if found else OfferedTimescale()


def convert_plain_tables(connection: Connection, database: Database) -> None:
    """Make of tables that were made without TimescaleDB what the models declare.

    Every row stays: it moves into a chunk, in one transaction, while nobody else can
    use its table.

    Args:
        connection: A connection to a database at head, with no transaction open.
        database: Which database.
    """
    log.warning("TimescaleDB is on this server now: converting the plain tables")
    # Alembic's first plugin calls ours; it compares nothing itself.
    plugins = ["alembic.autogenerate.schemas", *database.feature_plugins()]
    options = {**comparison(database), "autogenerate_plugins": plugins}
    context = MigrationContext.configure(connection, opts=options)
    operations = Operations(context)
    with connection.begin():
        check_overloads(connection)
        operations.create_timescaledb_extension()  # type: ignore[attr-defined]
        upgrade = produce_migrations(context, database.metadata()).upgrade_ops
        with unpinned(connection):
            for operation in upgrade.ops if upgrade else ():
                operations.invoke(operation)
