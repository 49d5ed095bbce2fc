"""What `env.py` does: run Alembic on one of the two databases, online or offline."""

from __future__ import annotations

from functools import partial
from logging.config import fileConfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from alembic.script import write_hooks

from dataforeman_schema import json_log
from dataforeman_schema.alembic_env.command import Command
from dataforeman_schema.alembic_env.comparison import comparison
from dataforeman_schema.alembic_env.data_loss import data_loss_guard, refusal
from dataforeman_schema.alembic_env.data_loss_script import guard_script
from dataforeman_schema.alembic_env.drift import check_drift
from dataforeman_schema.alembic_env.extension_state import (
    Extension,
    convert_plain_tables,
    read_extension,
)
from dataforeman_schema.alembic_env.failures import explained, one_line_errors
from dataforeman_schema.alembic_env.guards import check_recorded, check_writable
from dataforeman_schema.alembic_env.history import Recorder
from dataforeman_schema.alembic_env.home import recorded_heads, schema, unpinned_steps
from dataforeman_schema.alembic_env.invalid_indexes import no_invalid_index_left
from dataforeman_schema.alembic_env.lock import migration_lock
from dataforeman_schema.alembic_env.lock_retry import retry_locked
from dataforeman_schema.alembic_env.numbering import number_revision
from dataforeman_schema.alembic_env.pinned_steps import pin_steps
from dataforeman_schema.alembic_env.printing import LineStream
from dataforeman_schema.alembic_env.reminders import write_reminders
from dataforeman_schema.alembic_env.session import connect, prepared
from dataforeman_schema.printable import print_warnings_in_lines
from dataforeman_schema.settings import timescaledb_is_optional

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from alembic.config import Config
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database

HAS_RUN = "has_run"
"""The attribute of a configuration that tells afterwards whether a revision ran."""

ONLY_TRIES = "only_tries"
"""The attribute by which nothing is committed, and what would be lost is raised."""


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
    if context.config.cmd_opts is not None and not json_log.is_on():
        fileConfig(str(context.config.config_file_name), disable_existing_loggers=False)
        print_warnings_in_lines()
        context.config.stdout = cast("TextIO", LineStream(context.config.stdout))
    with one_line_errors(context.config):
        command = Command.read(context)
        if context.is_offline_mode():
            _run_offline(command)
        else:
            _run_online(command)


def _run_offline(command: Command) -> None:
    opts, verb = command.context.context_opts, command.verb
    if verb and not command.options.lose_data:
        opts["fn"] = guard_script(opts["fn"], command.database, verb)
    _configure(
        command,
        url="postgresql+psycopg2://",  # names the dialect; nothing connects
        transaction_per_migration=not command.is_downgrade,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},  # keeps % as it is
    )
    context = command.context
    with explained(command.database, "nothing was run"), context.begin_transaction():
        context.run_migrations()


def _run_online(command: Command) -> None:
    undone = (
        "what the revision did is rolled back"
        if command.writes
        else "nothing was changed"
    )
    with (
        explained(command.database, undone),
        connect(command.context.config, command.database) as connection,
        prepared(
            connection,
            command.options,
            only_looks=not command.writes,
            reads_only=not (command.writes or command.compares),
        ),
    ):
        opts = command.context.context_opts
        opts["fn"] = unpinned_steps(opts["fn"], connection)
        if command.writes:
            _write(command, connection)
        else:
            _migrate(command, connection, _check(command, connection))


def _write(command: Command, connection: Connection) -> None:
    opts = command.context.context_opts
    if command.is_upgrade:
        opts["fn"] = pin_steps(opts["fn"])

    def check_and_migrate() -> None:
        extension = _check(command, connection)
        check_writable(connection, command.database)
        if command.is_upgrade and command.options.drift != "allow":
            _check_drift(command, connection, extension)
        connection.commit()
        with no_invalid_index_left(connection):
            _migrate(command, connection, extension)

    with migration_lock(connection, command.options.lock_wait) as left_s:
        # Whoever had the lock before may have changed all that is checked.
        retry_locked(connection, command.options, left_s, check_and_migrate)


def _check_drift(
    command: Command, connection: Connection, extension: Extension | None
) -> None:
    """Compare a database before the first revision that it lacks."""
    recorded = recorded_heads(connection)
    connection.commit()
    if recorded and recorded != tuple(command.context.script.get_heads()):
        refuse = command.options.drift == "refuse"
        check_drift(connection, command.database, recorded[0], extension, refuse=refuse)


def _check(command: Command, connection: Connection) -> Extension | None:
    # To stamp is the way out of an unknown revision.
    known = None if command.is_stamp else command.known
    check_recorded(connection, command.database, known)
    if not command.database.needs_timescaledb:
        return None
    extension = read_extension(connection, command.database)
    extension.check(command.database, optional=timescaledb_is_optional())
    return extension


def _migrate(
    command: Command, connection: Connection, extension: Extension | None
) -> None:
    context, home = command.context, schema(connection)
    # Alembic begins no transaction of its own on a connection that is in one.
    connection.commit()
    _configure(
        command,
        connection=connection,
        version_table_schema=home,
        compare_timescaledb=extension is None or not extension.is_absent,
        has_timescaledb=extension is None or extension.installed is not None,
        timescaledb_absent=extension is not None and not extension.is_usable,
        # One transaction for all of a downgrade: a refusal undoes its first steps too.
        transaction_per_migration=not command.is_downgrade,
        fills_aggregates=True,  # when all is through, below
    )
    with (
        context.begin_transaction(),
        data_loss_guard(
            connection,
            command.database,
            refusal(command.verb),
            allowed=command.options.lose_data or not command.verb,
            only_tries=bool(context.config.attributes.get(ONLY_TRIES)),
        ),
    ):
        context.run_migrations()
    connection.commit()  # ensure_version, a single step, leaves that to us
    if extension and extension.is_usable and command.writes:
        _fill_aggregates(connection)
    if extension and extension.came_later and command.is_upgrade:
        at_head = context.get_context().get_current_heads() == tuple(
            context.script.get_heads()
        )
        connection.commit()
        if at_head:  # the models are those of the newest revision
            convert_plain_tables(connection, command.database)


def _fill_aggregates(connection: Connection) -> None:
    from dataforeman_schema.timescale import fill_aggregates  # noqa: PLC0415 (slow)

    fill_aggregates(connection)


def _configure(
    command: Command,
    *,
    compare_timescaledb: bool = True,
    has_timescaledb: bool = True,
    **options: Any,  # noqa: ANN401
) -> None:
    command.database.register_operations()
    if command.compares:  # revisions know nothing of the models, slow to import
        options |= comparison(
            command.database,
            compare_features=compare_timescaledb,
            has_features=has_timescaledb,
        )
    command.context.configure(
        on_version_apply=(Recorder(), partial(_note, command.context.config)),  # type: ignore[arg-type]
        process_revision_directives=partial(_finish_revision, command.database),
        template_args={"operations": command.database.operations},
        may_lose_data=command.options.lose_data,
        **options,
    )


def _finish_revision(
    database: Database,
    context: MigrationContext,
    revision: str | Iterable[str | None] | Iterable[str],
    directives: list[MigrationScript],
) -> None:
    number_revision(context, revision, directives)
    write_reminders(database, context, directives)


def _note(config: Config, **_step: object) -> None:
    config.attributes[HAS_RUN] = True


@write_hooks.register("companions")
def _write_companions(path: str, _options: object) -> None:
    """Write what goes with a new revision; alembic.ini names this."""
    from dataforeman_schema.alembic_env.companions import write_companions  # noqa: PLC0415 - of maintainers only

    write_companions(Path(path))
