"""Where the revisions of a plan run: never on the tables that it is about."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.revisions import follow_revisions
from dataforeman_schema.alembic_env.session import open_session
from dataforeman_schema.catalog import NoScratchSchema, scratch_schema
from dataforeman_schema.commands.plan.chunks import make_chunks
from dataforeman_schema.commands.plan.follow import (
    CannotFollow,
    Follower,
    RevisionFailed,
)
from dataforeman_schema.commands.scratch_database import scratch_database
from dataforeman_schema.connection import ConnectionFailed, reason
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.commands.plan.state import RevisionPlan
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

PLANNING: Final = Options(lock_timeout=0.1, statement_timeout=60)
"""No table is waited for; what is read or run for a plan is small."""


@dataclass(frozen=True)
class Target:
    """What a plan is about.

    Attributes:
        database: Which of the two.
        settings: Where it is.
        current: The revision that it is at; those after it are followed. None: all.
        timescaledb: The version of the extension that they use; None: they do without.
        converted: The hypertables that have chunks in the columnstore.
    """

    database: Database
    settings: ConnectionSettings
    current: str | None
    timescaledb: str | None
    converted: frozenset[str]


def measure_apart(target: Target) -> list[RevisionPlan]:
    """Run revisions in a new database on the same server, which is dropped then.

    Args:
        target: What the plan is about.

    Returns:
        What the revisions do.

    Raises:
        CannotFollow: The role may not create a database, or what revisions need there.
        ConnectionFailed: The server went away.
    """
    with (
        _new_database(target.settings) as place,
        open_session(place, PLANNING) as connection,
    ):
        if target.timescaledb:
            _create_extension(connection, target.timescaledb)

        def make_ready() -> None:
            if target.timescaledb:
                make_chunks(connection, target.converted)
            connection.commit()

        follower = Follower(connection, target.current, make_ready, knows_locks=True)
        return _follow(target, connection, follower)


def measure_in_scratch(target: Target) -> list[RevisionPlan]:
    """Run revisions in a scratch schema of the database, which is rolled back.

    Tables that a session made itself are locked by it already, as strongly as can be:
    of what the revisions lock only weaker locks show, so `Source.AT_MOST` says the
    rest.

    Args:
        target: What the plan is about.

    Returns:
        What the revisions do.

    Raises:
        CannotFollow: No schema can be made there.
        ConnectionFailed: The server went away.
    """
    with open_session(target.settings, PLANNING) as connection:
        try:
            with scratch_schema(connection):
                follower = Follower(connection, target.current, knows_locks=False)
                return _follow(target, connection, follower)
        except NoScratchSchema as error:
            raise CannotFollow(str(error)) from error


def _follow(
    target: Target, connection: Connection, follower: Follower
) -> list[RevisionPlan]:
    has_timescaledb = target.timescaledb is not None
    with suppress(RevisionFailed):
        follow_revisions(
            target.database, connection, follower.around, timescaledb=has_timescaledb
        )
    return follower.plans


@contextmanager
def _new_database(settings: ConnectionSettings) -> Iterator[ConnectionSettings]:
    with ExitStack() as stack:
        try:
            place = stack.enter_context(scratch_database(settings, "plan"))
        except ConnectionFailed:
            raise
        except SchemaError as error:
            raise CannotFollow(reason(error.__cause__ or error)) from error
        yield place


def _create_extension(connection: Connection, version: str) -> None:
    """Create TimescaleDB as the database has it, not as the server would make it."""
    try:
        connection.execute(
            text(f"CREATE EXTENSION IF NOT EXISTS timescaledb VERSION '{version}'")
        )
        connection.commit()
    except DBAPIError as error:
        raise CannotFollow(reason(error.orig)) from error
