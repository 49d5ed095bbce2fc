"""What `env.py` does: run Alembic on one of the two databases, online or offline."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from logging.config import fileConfig
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy import Connection, NullPool
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.guards import check_database
from dataforeman_schema.alembic_env.numbering import number_revision
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import ConnectionSettings, load_env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext


def run(context: EnvironmentContext) -> None:
    """Run the Alembic command on the database that `-n` names.

    A caller of Alembic's Python commands may hand over an open SQLAlchemy
    connection as `config.attributes["connection"]`, or where to connect to as
    `config.attributes["settings"]`; otherwise the environment says it.

    Args:
        context: The environment that Alembic made for the command.

    Raises:
        CommandError: What went wrong, in one line with its remedy; what the
            failing revision did has been rolled back. On Alembic's own command
            line that line goes to standard error instead, and the process ends.
    """
    if context.config.cmd_opts is not None:
        fileConfig(str(context.config.config_file_name), disable_existing_loggers=False)
    with _one_line_errors(context.config):
        database = _choose(context.config)
        if context.is_offline_mode():
            _run_offline(context, database)
        else:
            _run_online(context, database)


@contextmanager
def _one_line_errors(config: Config) -> Iterator[None]:
    try:
        yield
    except SchemaError as error:
        if config.cmd_opts is None or config.cmd_opts.raiseerr:
            raise CommandError(str(error)) from error
        sys.exit(f"FAILED: {error}")


def _choose(config: Config) -> Database:
    if database := DATABASES.get(config.config_ini_section):
        return database
    raise SchemaError(
        "no database chosen: write alembic -n meta … for the metadata database or "
        "alembic -n tsdb … for the telemetry database"
    )


def _run_offline(context: EnvironmentContext, database: Database) -> None:
    _configure(
        context,
        database,
        url="postgresql+psycopg2://",  # names the dialect; nothing connects
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},  # keeps % as it is
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_online(context: EnvironmentContext, database: Database) -> None:
    with _explained(database), _connection(context.config, database) as connection:
        check_database(connection, database)
        # Alembic begins no transaction of its own on a connection that is in one.
        connection.commit()
        _configure(context, database, connection=connection)
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def _connection(config: Config, database: Database) -> Iterator[Connection]:
    given: Connection | None = config.attributes.get("connection")
    if given is not None:
        yield given
        return
    engine = create_engine(_settings(config, database), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _settings(config: Config, database: Database) -> ConnectionSettings:
    given: ConnectionSettings | None = config.attributes.get("settings")
    if given is None:
        load_env_file()
        return database.settings()
    return given


def _configure(
    context: EnvironmentContext,
    database: Database,
    **options: Any,  # noqa: ANN401
) -> None:
    context.configure(
        target_metadata=database.metadata(),
        autogenerate_plugins=list(database.plugins),
        compare_server_default=True,
        process_revision_directives=number_revision,
        transaction_per_migration=True,
        **options,
    )


@contextmanager
def _explained(database: Database) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise SchemaError(
            f"the {database.title} refused a statement: {reason}; what the revision "
            "did is rolled back: mend the cause and run the command again"
        ) from error
