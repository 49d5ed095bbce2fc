"""The two databases: everything that differs between them, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import (
    META_VARIABLES,
    TSDB_VARIABLES,
    ConnectionSettings,
    Variables,
    read_settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

    from sqlalchemy import MetaData

    from dataforeman_schema.meta.seed import SeedRow


@dataclass(frozen=True)
class Database:
    """One database, its models and its tree of revisions.

    Attributes:
        name: What `alembic -n` calls it; its revision ids begin with it.
        title: What people call it.
        variables: The environment variables that say where it is.
        models: The module whose `metadata` holds its models.
        operations: The package whose `op` its revisions import; importing that
            registers the operations that are not Alembic's own.
        critical_tables: The tables without which the connectivity service does not
            start.
        needs_timescaledb: Whether it cannot do without the extension.
        seed_rows: The module whose `SEED` lists rows that every installation has.
    """

    name: str
    title: str
    variables: Variables
    models: str
    critical_tables: tuple[str, ...]
    operations: str = "alembic"
    needs_timescaledb: bool = False
    seed_rows: str | None = None

    @property
    def server(self) -> str:
        """What people call its server."""
        return self.title.replace(" database", " server", 1)

    def settings(self) -> ConnectionSettings:
        """Read where it is from the environment, and from nothing else.

        What `.env` holds is in the environment after `settings.load_env_file()`, which
        the commands call first.

        Raises:
            SchemaError: A setting cannot be right.
        """
        return read_settings(self.variables)

    def metadata(self) -> MetaData:
        """Import its models and return their metadata.

        Raises:
            SchemaError: They declare what no revision could make.
        """
        from dataforeman_schema.catalog.declarations import refusals  # noqa: PLC0415 - SQLAlchemy, which models need anyway

        models: ModuleType = import_module(self.models)
        metadata: MetaData = models.metadata
        for refusal in refusals(metadata):
            raise SchemaError(refusal)
        return metadata

    def seed(self) -> Sequence[SeedRow]:
        """Import and return the rows that every installation has."""
        if self.seed_rows is None:
            return ()
        rows: Sequence[SeedRow] = import_module(self.seed_rows).SEED
        return rows

    def register_operations(self) -> None:
        """Import the operations that its revisions use; much faster than its models."""
        import_module(f"{self.operations}.op")

    def feature_plugins(self) -> list[str]:
        """Import and name what compares features that are not PostgreSQL's own."""
        if not self.needs_timescaledb:
            return []
        from dataforeman_schema.timescale.plugin import PLUGIN_NAME  # noqa: PLC0415 - SQLAlchemy and Alembic

        return [PLUGIN_NAME]


LOCK_KEY = int.from_bytes(b"dfschema", "big")
"""The key of the advisory lock of every migration, the same in both databases."""

MINIMUM_TIMESCALEDB = "2.18"
"""The oldest release of the extension that is supported, timescale's `MINIMUM_VERSION`.

Said again, for the same reason."""


def no_timescaledb(database: Database) -> str:
    """Say that the server of a database that cannot do without it has none."""
    return (
        f"the {database.server} has no timescaledb extension; install TimescaleDB "
        f"{MINIMUM_TIMESCALEDB} or later there, point "
        f"{database.variables.single('HOST', 'PORT')} at a server that has it, or set "
        "TSDB_TIMESCALEDB=optional to make do with plain tables"
    )


def not_preloaded(database: Database) -> str:
    """Say that the server of a database has it, and that nobody can use it there."""
    return (
        f"TimescaleDB is installed on the {database.server}, but not loaded at its "
        "start, without which every use of it ends the session; add timescaledb to "
        "shared_preload_libraries in the server's postgresql.conf and restart the "
        "server"
    )


HYPERTABLES_QUERY = """
SELECT hypertable_name FROM timescaledb_information.hypertables
WHERE hypertable_schema = current_schema()
"""
"""Names the hypertables of a database that has the timescaledb extension."""

LOCK_HOLDERS_QUERY = f"""
SELECT DISTINCT pid, backend_start,
  coalesce(nullif(application_name, ''), 'no application name') AS application,
  coalesce(date_trunc('second', backend_start)::text, 'an unknown time') AS since
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND (classid::bigint << 32 | objid::bigint) = {LOCK_KEY}
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - ours
"""Names the sessions that hold a database's migration lock.

What another role's session does is hidden from a user without pg_monitor."""

TIMESCALEDB_QUERY = """
SELECT installed_version AS installed, default_version AS available,
  current_setting('timescaledb.disable_load', true) IS NOT NULL
    OR pg_backend_pid() = 0 AS is_preloaded
FROM pg_available_extensions WHERE name = 'timescaledb'
"""
"""Finds an `OfferedTimescale`; no row on a server that has none.

Not everybody may read shared_preload_libraries, but everybody sees the setting that the
library brings. The embedded server, a single process, needs no preloading."""


@dataclass(frozen=True)
class OfferedTimescale:
    """What a database and its server have of the timescaledb extension.

    Attributes:
        installed: Its version in the database; None where it was not created.
        available: The version that the server would create; None where it has none.
        is_preloaded: Whether the server has loaded it at its start.
    """

    installed: str | None = None
    available: str | None = None
    is_preloaded: bool = True

    @property
    def is_absent(self) -> bool:
        """Whether the database does not have it, and cannot."""
        return not (self.installed or (self.available and self.is_preloaded))

    @property
    def needs_preload(self) -> bool:
        """Whether the server has it, and nobody can use it there."""
        return bool(self.installed or self.available) and not self.is_preloaded

    def problem(self, database: Database, *, optional: bool) -> str | None:
        """Say why a database cannot be migrated there; None: it can.

        Args:
            database: Which one.
            optional: Whether plain tables will do where it is absent.
        """
        if self.is_absent and optional:
            return None
        if self.needs_preload:
            return not_preloaded(database)
        return None if self.installed or self.available else no_timescaledb(database)


RESTORING_QUERY = """
SELECT FROM pg_db_role_setting, unnest(setconfig) AS item
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
AND item ~* '^timescaledb[.]restoring=(on|t|y|1)'
UNION ALL
SELECT WHERE current_setting('timescaledb.restoring', true)::boolean
"""
"""Finds rows in a database where timescaledb_post_restore() is still to run.

It keeps the setting also where its server, the embedded one, does not obey it."""

RESTORING = (
    "is in restoring mode: reads miss rows, and nothing can be written; finish the "
    "restore with SELECT timescaledb_post_restore()"
)
"""What is said of a database in which that query finds rows."""

ELSEWHERE_QUERY = """
SELECT nspname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE relname = ANY (%(critical)s) AND relkind IN ('r', 'p')
AND nspname !~ '^(pg_|information_schema$|_?timescaledb_)'
AND has_schema_privilege(n.oid, 'USAGE')
AND NOT EXISTS (SELECT FROM pg_class AS here WHERE here.relname = ANY (%(critical)s)
  AND here.relnamespace = quote_ident(current_schema())::regnamespace)
GROUP BY 1 HAVING count(*) = cardinality(%(critical)s) ORDER BY 1
"""
"""Names the schema that holds the critical tables of which the current one has none."""


def refuse_elsewhere(place: str, schema: str | None) -> None:
    """Refuse a database whose tables sessions do not find.

    Args:
        place: The database, in words.
        schema: What `ELSEWHERE_QUERY` names; None: they are found, or not there.

    Raises:
        SchemaError: It names a schema.
    """
    if schema is not None:
        raise SchemaError(
            f"the tables of {place} are in schema {schema}, where sessions do not look "
            "for them; dataforeman-schema verify says how to lead them there"
        )


def recorded_query(schema: str) -> str:
    """Write the query that names the revisions that a database records.

    A column of another type is read without the casts that its owner may have made.

    Args:
        schema: The schema of alembic_version, quoted.
    """
    text = "CASE WHEN version_num IS NOT NULL THEN concat(version_num) END"
    return f"SELECT {text} FROM {schema}.alembic_version ORDER BY 1"  # noqa: S608 - ours


def refuse_untrusted(names: Iterable[str]) -> None:
    """Refuse to read the migrations' own tables where that runs others' code.

    Args:
        names: What `UNTRUSTED_BOOKKEEPING` names.

    Raises:
        SchemaError: There is one.
    """
    for name in names:
        raise SchemaError(
            f"{name} is a view, or has a column, an index, statistics, a policy or a "
            "CHECK with a type or function of another role, which reading it would "
            "run; drop that, or rename what it is, then run dataforeman-schema verify"
        )


META = Database(
    name="meta",
    title="metadata database",
    variables=META_VARIABLES,
    models="dataforeman_schema.meta",
    critical_tables=("poll_groups", "tag_metadata", "connections"),
    seed_rows="dataforeman_schema.meta.seed",
)
TSDB = Database(
    name="tsdb",
    title="telemetry database",
    variables=TSDB_VARIABLES,
    models="dataforeman_schema.tsdb",
    critical_tables=("tag_values",),
    operations="dataforeman_schema.timescale",
    needs_timescaledb=True,
)
DATABASES = {database.name: database for database in (META, TSDB)}


def select(name: str | None) -> list[Database]:
    """List both databases, or the one of a name, in the order of migrations."""
    return [each for key, each in DATABASES.items() if name in {None, key}]
