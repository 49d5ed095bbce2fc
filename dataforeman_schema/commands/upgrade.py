"""The command at service start: wait, create, migrate, verify, say what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.look import Look, look
from dataforeman_schema.commands.wait import create_database, wait_for
from dataforeman_schema.connection import ConnectionFailed
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.settings import ConnectionSettings


def upgrade(
    progress: Progress, wait_s: float, make_options: Callable[[], Options]
) -> None:
    """Bring both databases to head, the metadata database first.

    With nothing to do, neither SQLAlchemy nor Alembic is imported.

    Args:
        progress: Told what happens.
        wait_s: The longest wait for each server, in seconds.
        make_options: How the migrations wait; called only if there are any.

    Raises:
        SchemaError: What is wrong and what to do; a revision that failed has been
            rolled back, and the databases before it stay upgraded.
    """
    # All settings are read before anything is changed.
    places = {database: database.settings() for database in DATABASES.values()}
    for database, settings in places.items():
        seen = _reach(database, settings, progress, wait_s)
        if seen.is_current:
            progress.say(f"{database.title}: at {seen.head}, nothing to do")
            continue
        _migrate(database, settings, make_options())
        after = look(database, settings)
        _check(database, after)
        before = ", ".join(seen.revisions) or "nothing"
        progress.say(f"{database.title}: upgraded from {before} to {after.head}")


def _reach(
    database: Database,
    settings: ConnectionSettings,
    progress: Progress,
    wait_s: float,
) -> Look:
    def attempt() -> Look:
        return look(database, settings)

    def waiting(reason: str, left_s: float) -> None:
        progress.wait(f"{database.title}: {reason}", left_s)

    try:
        return wait_for(attempt, wait_s, waiting)
    except ConnectionFailed as error:
        if error.may_pass or not create_database(settings):
            raise
    progress.say(f"{database.title}: created {settings}")
    return wait_for(attempt, wait_s, waiting)


def _migrate(
    database: Database, settings: ConnectionSettings, options: Options
) -> None:
    from alembic import command  # noqa: PLC0415 - only where there is work
    from alembic.util import CommandError  # noqa: PLC0415

    from dataforeman_schema.alembic_env.configuration import configure  # noqa: PLC0415

    try:
        command.upgrade(configure(database, settings, options=options), "head")
    except CommandError as error:
        raise SchemaError(str(error)) from error


def _check(database: Database, after: Look) -> None:
    if after.missing:
        raise SchemaError(
            f"the {database.title} is at {', '.join(after.revisions)} but lacks "
            f"{', '.join(after.missing)}, without which the connectivity service does "
            "not start; dataforeman-schema verify says how to mend it"
        )
