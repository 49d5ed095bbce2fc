"""Looking at both databases with all checks."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from alembic.util import CommandError
from psycopg2.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.blockers import BlockerMonitor, monitor_blockers
from dataforeman_schema.alembic_env.released import check_released
from dataforeman_schema.catalog import NoScratchSchema
from dataforeman_schema.commands.context import VerifyContext
from dataforeman_schema.commands.findings import UPGRADE, Check, Finding, Note
from dataforeman_schema.commands.verify.checks import check
from dataforeman_schema.connection import (
    ConnectionFailed,
    cure,
    lost,
    one_line,
    refused,
)
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.engine import connect_pinned
from dataforeman_schema.errors import CouldNotLookError, SchemaError
from dataforeman_schema.limits import LIMIT_STATEMENTS, more_time
from dataforeman_schema.pinning import SET_SEARCH_PATH
from dataforeman_schema.settings import load_env_file
from dataforeman_schema.waiting import LOCK_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings

_MAY_WRITE: Final = """
SELECT set_config('default_transaction_read_only', 'off', false)
WHERE NOT pg_is_in_recovery()
"""


@dataclass
class Verdict:
    """What was found in one database.

    Attributes:
        database: Which of the two.
        place: Where it is: user, host, port and name; empty: a setting is wrong.
        findings: What is wrong, in the order in which the remedies are to be run.
        notes: What is worth knowing and harms nobody.
        error: Why not all of it could be looked at, or None.
        cause: The exception that tells, or None.
    """

    database: Database
    place: str
    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    error: str | None = None
    cause: Exception | None = None

    def add(self, found: Finding | Note) -> None:
        """Keep what a check found."""
        if isinstance(found, Note):
            self.notes.append(found)
        else:
            self.findings.append(found)


def verify(max_lock_age_s: float, app_role: str | None = None) -> list[Verdict]:
    """Look at both databases, one after the other; nothing is changed.

    Args:
        max_lock_age_s: How long another session may keep others waiting, in seconds,
            before that is a finding.
        app_role: The role of the services, whose rights are looked at; None: none are.

    Returns:
        One verdict per database.

    Raises:
        CouldNotLookError: `.env` cannot be read, or a released revision is not what
            was released, so that nobody can tell what a database should be.
    """
    try:
        for database in DATABASES.values():
            check_released(database)
        load_env_file()
    except (SchemaError, OSError) as error:
        raise CouldNotLookError(str(error)) from error
    return [_try(database, max_lock_age_s, app_role) for database in DATABASES.values()]


def _try(database: Database, max_lock_age_s: float, app_role: str | None) -> Verdict:
    try:
        settings = database.settings()
    except SchemaError as error:
        return Verdict(database, "", error=str(error), cause=error)
    return verify_database(database, settings, max_lock_age_s, app_role)


def verify_database(
    database: Database,
    settings: ConnectionSettings,
    max_lock_age_s: float,
    app_role: str | None = None,
) -> Verdict:
    """Look at one database; nothing is changed.

    Args:
        database: Which of the two it should be.
        settings: Where it is.
        max_lock_age_s: How long another session may keep others waiting, in seconds,
            before that is a finding.
        app_role: The role of the services, whose rights are looked at; None: none are.
    """
    verdict = Verdict(database, str(settings))
    try:
        with warnings.catch_warnings(action="ignore"):  # what they tell is found here
            for found in _look(database, settings, max_lock_age_s, app_role):
                verdict.add(found)
    except Exception as error:  # noqa: BLE001 - the other database is looked at too
        verdict.error, verdict.cause = _in_words(database, error), error
    verdict.findings.sort(key=lambda finding: finding.step)
    return verdict


def _in_words(database: Database, error: Exception) -> str:
    if isinstance(error, SchemaError):
        return str(error)
    cannot, reason = f"cannot look at all of the {database.title}", one_line(str(error))
    if isinstance(error, OSError):
        return f"{cannot}: {reason}; mend that and run the command again"
    return (
        f"{cannot}: unexpected {type(error).__name__}: {reason}; run "
        "dataforeman-schema --debug verify and report what it shows"
    )


def _look(
    database: Database,
    settings: ConnectionSettings,
    max_lock_age_s: float,
    app_role: str | None,
) -> Iterator[Finding | Note]:
    try:
        connection = connect_pinned(settings)
    except ConnectionFailed as error:
        if not error.no_database:
            raise
        yield _missing(settings)
        return
    except DBAPIError as error:  # SQLAlchemy's first questions went unanswered
        raise lost(settings, error.orig) from error
    with (
        connection,
        monitor_blockers(connection, every_s=0.5) as monitor,
        _explained(database, monitor),
    ):
        _restrain(connection)
        yield from check(
            VerifyContext(database, settings, connection, max_lock_age_s, app_role)
        )


def _missing(settings: ConnectionSettings) -> Finding:
    return Finding(
        Check.DATABASE,
        f"database {settings.database}",
        "the server does not have it",
        "no service that needs it starts",
        UPGRADE,
    )


def _restrain(connection: Connection) -> None:
    # Not read-only, even where that is the default: what should be there is made for a
    # moment. Nothing is committed.
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT_S:g}s'"))
    connection.execute(text(LIMIT_STATEMENTS))
    connection.execute(text(SET_SEARCH_PATH))
    connection.execute(text(_MAY_WRITE))
    connection.commit()


@contextmanager
def _explained(database: Database, monitor: BlockerMonitor) -> Iterator[None]:
    try:
        yield
    except (CommandError, NoScratchSchema) as error:
        raise CouldNotLookError(
            f"cannot look at all of the {database.title}: {error}"
        ) from error
    except DBAPIError as error:
        remedy = more_time(error.orig, cure(error.orig))
        if isinstance(error.orig, LockNotAvailable):
            who = monitor.blockers
            remedy = f"wait for {who}, or end it with pg_terminate_backend(pid)"
        raise refused(
            f"cannot look at all of the {database.title}",
            f"the {database.title}",
            error.orig,
            lost_now=error.connection_invalidated,
            remedy=remedy,
        ) from error
