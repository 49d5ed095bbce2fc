"""What `env.py` does: run Alembic on one of the two databases, online or offline."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from functools import partial
from logging.config import fileConfig
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy import Connection, NullPool
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.comparison import comparison
from dataforeman_schema.alembic_env.extension import (
    Extension,
    convert_plain_tables,
    read_extension,
)
from dataforeman_schema.alembic_env.guards import (
    check_history,
    check_scripts,
    check_writable,
)
from dataforeman_schema.alembic_env.history import record
from dataforeman_schema.alembic_env.lock import migration_lock
from dataforeman_schema.alembic_env.losses import refuse_losses
from dataforeman_schema.alembic_env.numbering import number_revision
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.patience import run_patiently
from dataforeman_schema.alembic_env.plan import decide_once
from dataforeman_schema.alembic_env.session import prepared
from dataforeman_schema.connection import lost, one_line
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import (
    ConnectionSettings,
    load_env_file,
    timescaledb_is_optional,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

HAS_RUN = "has_run"
"""The attribute of a configuration that tells afterwards whether a revision ran."""


def run(context: EnvironmentContext) -> None:
    """Run the Alembic command on the database that `-n` names.

    A caller of Alembic's Python commands may hand over an open SQLAlchemy
    connection as `config.attributes["connection"]`, or where to connect to as
    `config.attributes["settings"]` (otherwise the environment says it), and `Options`
    as `config.attributes["options"]`. A connection that is handed over must have no
    transaction open; what the command does on it is committed.

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
        database, options = _choose(context.config), _options(context)
        known = check_scripts(context.script)
        if context.is_offline_mode():
            _run_offline(context, database)
        else:
            _run_online(context, database, options, known)


@contextmanager
def _one_line_errors(config: Config) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if config.cmd_opts is None:
            raise
        sys.exit("FAILED: interrupted; what was not finished is rolled back")
    except (SchemaError, CommandError) as error:
        message = _with_remedy(error, config.config_ini_section)
        if config.cmd_opts is None or config.cmd_opts.raiseerr:
            raise CommandError(message) from error
        sys.exit(f"FAILED: {message}")


def _with_remedy(error: Exception, tree: str) -> str:
    if isinstance(error, SchemaError):
        return str(error)
    # Alembic's own errors here are about a revision that was asked for.
    where = f"alembic -n {tree} history --indicate-current"
    return f"{error}; {where} shows where the database is and can go"


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
        transaction_per_migration=True,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},  # keeps % as it is
    )
    with _explained(database, "nothing was run"), context.begin_transaction():
        context.run_migrations()


def _run_online(
    context: EnvironmentContext, database: Database, options: Options, known: set[str]
) -> None:
    with (
        _explained(database, "what it did is rolled back"),
        _connection(context.config, database) as connection,
        prepared(connection, options),
    ):
        if _writes(context):
            _write(context, database, connection, options, known)
        else:
            extension = _check(context, database, connection, known)
            _migrate(context, database, connection, options, extension)


def _write(
    context: EnvironmentContext,
    database: Database,
    connection: Connection,
    options: Options,
    known: set[str],
) -> None:
    deadline = time.monotonic() + options.lock_wait
    if _is(context, "upgrade"):
        context.context_opts["fn"] = decide_once(context.context_opts["fn"])

    def check_and_migrate() -> None:
        extension = _check(context, database, connection, known)
        check_writable(connection, database)
        _migrate(context, database, connection, options, extension)

    with migration_lock(connection, options.lock_wait):
        # Whoever had the lock before may have changed all that is checked.
        run_patiently(connection, options, deadline, check_and_migrate)


def _check(
    context: EnvironmentContext,
    database: Database,
    connection: Connection,
    known: set[str],
) -> Extension | None:
    # To stamp is the way out of an unknown revision.
    check_history(connection, database, None if _is(context, "do_stamp") else known)
    return _extension(connection, database)


def _extension(connection: Connection, database: Database) -> Extension | None:
    """Look for TimescaleDB where the database needs it, and refuse to do without."""
    if not database.needs_timescaledb:
        return None
    extension = read_extension(connection, database)
    extension.check(optional=timescaledb_is_optional())
    return extension


def _migrate(
    context: EnvironmentContext,
    database: Database,
    connection: Connection,
    options: Options,
    extension: Extension | None,
) -> None:
    downgrade = _is(context, "downgrade")
    # Alembic begins no transaction of its own on a connection that is in one.
    connection.commit()
    _configure(
        context,
        database,
        connection=connection,
        compare_timescaledb=extension is None or not extension.is_absent,
        timescaledb_absent=extension is not None and not extension.is_usable,
        # One transaction for all of a downgrade: a refusal undoes its first steps too.
        transaction_per_migration=not downgrade,
    )
    keep = options.lose_data or not downgrade
    with context.begin_transaction(), refuse_losses(allowed=keep):
        context.run_migrations()
    connection.commit()  # ensure_version, a single step, leaves that to us
    if extension and extension.came_later and _is(context, "upgrade"):
        at_head = context.get_context().get_current_heads() == _heads(context)
        connection.commit()
        if at_head:  # the models are those of the newest revision
            convert_plain_tables(connection, database)


def _heads(context: EnvironmentContext) -> tuple[str, ...]:
    return tuple(context.script.get_heads())


def _writes(context: EnvironmentContext) -> bool:
    return "destination_rev" in context.context_opts or _is(
        context, "do_ensure_version"
    )


def _compares(context: EnvironmentContext) -> bool:
    return "revision_context" in context.context_opts


def _is(context: EnvironmentContext, command: str) -> bool:
    """Tell which of Alembic's commands runs, by the function that it hands over."""
    return getattr(context.context_opts.get("fn"), "__name__", "") == command


def _options(context: EnvironmentContext) -> Options:
    given: Options | None = context.config.attributes.get("options")
    return given or Options.parse(context.get_x_argument(as_dictionary=True))


@contextmanager
def _connection(config: Config, database: Database) -> Iterator[Connection]:
    given: Connection | None = config.attributes.get("connection")
    if given is not None:
        _refuse_transaction(given)
        yield given
        return
    engine = create_engine(_settings(config, database), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _refuse_transaction(connection: Connection) -> None:
    if connection.in_transaction():
        raise SchemaError(
            "the connection in config.attributes has a transaction open, which would "
            "be committed; commit it or roll it back first, or hand over another "
            "connection"
        )


def _settings(config: Config, database: Database) -> ConnectionSettings:
    given: ConnectionSettings | None = config.attributes.get("settings")
    if given is None:
        load_env_file()
        return database.settings()
    return given


def _configure(
    context: EnvironmentContext,
    database: Database,
    *,
    compare_timescaledb: bool = True,
    **options: Any,  # noqa: ANN401
) -> None:
    database.register_operations()
    context.configure(
        # Revisions know nothing of the models, which are slow to import.
        **(
            comparison(database, timescaledb=compare_timescaledb)
            if _compares(context)
            else {}
        ),
        on_version_apply=(record, partial(_note, context.config)),  # type: ignore[arg-type]
        process_revision_directives=number_revision,
        **options,
    )


def _note(config: Config, **_step: object) -> None:
    config.attributes[HAS_RUN] = True


@contextmanager
def _explained(database: Database, undone: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise lost(f"the {database.title}", error.orig) from error
        raise SchemaError(
            f"the {database.title} refused a statement: "
            f"{one_line(str(error.orig))}; what the revision "
            "did is rolled back: mend the cause and run the command again"
        ) from error
    except (SchemaError, CommandError):
        raise
    except BrokenPipeError as error:
        raise SchemaError(
            "whoever read the output stopped before its end; let it read all of it"
        ) from error
    except Exception as error:  # a revision's file is code: anything can go wrong
        raise SchemaError(
            f"a revision of the {database.title} failed with {type(error).__name__}: "
            f"{one_line(str(error))}; {undone}: mend its file, or install the package "
            "again"
        ) from error
