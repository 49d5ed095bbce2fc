"""How a database is compared with what it should be, by every command alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from alembic.autogenerate import produce_migrations
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, text

from dataforeman_schema.alembic_env import seed_comparison
from dataforeman_schema.alembic_env.accepted import read_accepted
from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES
from dataforeman_schema.alembic_env.home import making
from dataforeman_schema.alembic_env.revisions import (
    names_made,
    reflect,
    run_revisions,
    scripts,
)
from dataforeman_schema.catalog import compare
from dataforeman_schema.catalog.comparison import Comparison
from dataforeman_schema.databases import HYPERTABLES_QUERY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy import Connection, Table

    from dataforeman_schema.alembic_env.extension_state import Extension
    from dataforeman_schema.databases import Database

_PLUGINS: Final = (
    "alembic.autogenerate.schemas",
    "alembic.autogenerate.tables",
    compare.PLUGIN_NAME,
)
_HAS_AGGREGATES: Final = text(
    "SELECT to_regclass('timescaledb_information.continuous_aggregates') IS NOT NULL"
)
_AGGREGATES: Final = text(
    "SELECT view_name FROM timescaledb_information.continuous_aggregates"
)


def comparison(
    database: Database, *, compare_features: bool = True, has_features: bool = True
) -> dict[str, Any]:
    """Make the options with which Alembic compares the models with the database.

    Args:
        database: Which of the two.
        compare_features: Whether to compare what the models declare of TimescaleDB.
        has_features: Whether the database has the extension, if it needs that.

    Returns:
        Keyword arguments of `EnvironmentContext.configure`, which
        `MigrationContext.configure` takes as `opts`.
    """
    source = _Models([database.metadata()], has_features=has_features)
    options = _options(database, source, compare_features=compare_features)
    if database.seed():
        options["autogenerate_plugins"].append(seed_comparison.PLUGIN_NAME)
        options["database"] = database
    return options


@dataclass(frozen=True)
class Compared:
    """A database beside what it should be.

    Attributes:
        catalog: Both, in the server's words.
        metadata: What it should have, the migrations' own tables last.
        operations: What would bring it there, in order.
    """

    catalog: Comparison
    metadata: list[MetaData]
    operations: list[MigrateOperation]

    @property
    def tables(self) -> dict[str, Table]:
        """The tables that it should have, by name."""
        return {
            name: table for each in self.metadata for name, table in each.tables.items()
        }


def compare_with(
    connection: Connection,
    database: Database,
    revision: str | None,
    extension: Extension,
    bookkeeping: Collection[str] = (),
) -> Compared:
    """Compare a database with what it should be at a revision.

    Args:
        connection: An open connection; nothing of what is done on it is committed.
        database: Which of the two it should be.
        revision: The one that it is at; at head, the models say what it should be.
            None: nobody knows, so only the migrations' own tables are compared.
        extension: Whether it has, or could have, TimescaleDB.
        bookkeeping: Which of the migrations' own tables to compare too.

    Raises:
        NoScratchSchema: What it should be cannot be made there.
    """
    models, options = _expected(database, revision, extension, bookkeeping)
    return _compare(connection, models, options)


def compare_with_each(
    connection: Connection,
    database: Database,
    revisions: Iterable[str],
    extension: Extension,
) -> Iterator[Compared]:
    """Compare a database with each of some revisions.

    The names of all that revisions ever made are the same for each, and asked for once.
    """
    made = None
    for revision in revisions:
        models, options = _expected(database, revision, extension)
        catalog = options["catalog"]
        catalog.made = made = made or cache(catalog.made)
        yield _compare(connection, models, options)


def _expected(
    database: Database,
    revision: str | None,
    extension: Extension,
    bookkeeping: Collection[str] = (),
) -> tuple[list[MetaData], dict[str, Any]]:
    """Say what to compare a database with, and how."""
    own = MetaData()
    for name in bookkeeping:
        BOOKKEEPING_TABLES[name].to_metadata(own)
    has_features = extension.installed is not None or not database.needs_timescaledb
    source = _source(database, revision, own, has_features=has_features)
    features = revision is not None and not extension.is_absent
    options = _options(database, source, compare_features=features)
    if revision is None:
        options["catalog"].made = lambda _connection: {}
    options["version_table"] = "none"  # Alembic passes over the one that it has
    return source.metadata, options


def _compare(
    connection: Connection, models: list[MetaData], options: dict[str, Any]
) -> Compared:
    context = MigrationContext.configure(connection, opts=options)
    upgrade = produce_migrations(context, models).upgrade_ops  # type: ignore[arg-type] # it takes several
    operations = list(leaves(upgrade)) if upgrade else []
    return Compared(options["catalog"], models, operations)


def _source(
    database: Database,
    revision: str | None,
    own: MetaData,
    *,
    has_features: bool,
) -> _Models:
    if revision is None:
        return _Models([own])
    if revision == scripts(database)[-1].revision:
        return _Models([database.metadata(), own], has_features=has_features)
    return _Revisions(
        metadata=[MetaData(), own],
        has_features=has_features,
        database=database,
        last=revision,
    )


def leaves(container: ops.OpContainer) -> Iterator[MigrateOperation]:
    """List the operations, none inside another."""
    for operation in container.ops:
        if isinstance(operation, ops.OpContainer):
            yield from leaves(operation)
        else:
            yield operation


def _options(
    database: Database, source: _Models, *, compare_features: bool
) -> dict[str, Any]:
    compared = {name for each in source.metadata for name in each.tables}
    own = BOOKKEEPING_TABLES.keys() - compared
    catalog = Comparison(
        build=source.build,
        made=partial(names_made, database, timescaledb=source.has_features),
        leave_out=lambda connection: own | aggregates(connection),
        accepted=read_accepted,
    )
    plugins = database.feature_plugins() if compare_features else []
    if plugins:
        catalog.extended = _hypertables
    elif database.needs_timescaledb:
        catalog.uncompared.append("what TimescaleDB would make of the tables")
    return {
        "target_metadata": source.metadata,
        "autogenerate_plugins": [*_PLUGINS, *plugins],
        "catalog": catalog,
        "include_name": compare.includes(catalog),
        "include_object": compare.includes_object,
        "render_item": compare.render_item,
    }


def _hypertables(connection: Connection) -> Collection[str]:
    return connection.scalars(text(HYPERTABLES_QUERY)).all()


def aggregates(connection: Connection) -> set[str]:
    """Name the continuous aggregates, which TimescaleDB's own comparison compares."""
    if not connection.scalar(_HAS_AGGREGATES):
        return set()
    return set(connection.scalars(_AGGREGATES))


@dataclass
class _Models:
    """Tables as models declare them.

    Attributes:
        metadata: Those of the database, then the migrations' own.
        has_features: Whether the database has TimescaleDB, if it needs that.
    """

    metadata: list[MetaData]
    has_features: bool = True

    def build(self, connection: Connection) -> None:
        """Make them in the current schema of a connection."""
        with making(connection):
            for metadata in self.metadata:
                made = metadata if self.has_features else _plain(metadata)
                made.create_all(connection, checkfirst=False)


@dataclass(kw_only=True)
class _Revisions(_Models):
    """Tables as the revisions up to one make them.

    Attributes:
        database: Whose revisions.
        last: The last one.
    """

    database: Database
    last: str

    def build(self, connection: Connection) -> None:
        """Make them in the current schema of a connection, and reflect them."""
        reflected, own = self.metadata
        for _revision in run_revisions(
            self.database, connection, self.last, timescaledb=self.has_features
        ):
            pass
        reflect(connection, reflected)
        if self.has_features and self.database.needs_timescaledb:
            from dataforeman_schema.timescale import reflect as timescale  # noqa: PLC0415 - slow, and not of every database

            timescale.reflect_features(connection, reflected)
        with making(connection):
            own.create_all(connection, checkfirst=False)


def _plain(metadata: MetaData) -> MetaData:
    """Copy tables, which leaves out what TimescaleDB makes of them."""
    copy = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(copy)
    return copy
