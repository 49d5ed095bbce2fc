"""Databases for one test each: empty, or at head by a copy of a template."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg import sql
from pytest_postgresql.janitor import DatabaseJanitor
from sqlalchemy import NullPool, text

from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.commands.load import load_head
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing.abandoned import owned_names
from dataforeman_schema.testing.migrations import Migrations
from dataforeman_schema.testing.only_database import OnlyDatabase
from dataforeman_schema.testing.servers import has_one_session
from dataforeman_schema.testing.sessions import (
    rolled_back_async_session,
    rolled_back_session,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

    Fill = Callable[[Database, ConnectionSettings], None]
    UpgradeOwn = Callable[[ConnectionSettings], None]

_HAS_JOBS = text("SELECT to_regclass('timescaledb_information.jobs') IS NOT NULL")
# Those below 1000 are the extension's own.
_UNDONE_JOBS = text(
    "SELECT EXISTS (SELECT FROM timescaledb_information.jobs"
    " LEFT JOIN timescaledb_information.job_stats USING (job_id)"
    " WHERE job_id >= 1000 AND last_run_status IS DISTINCT FROM 'Success')"
)
_JOBS_WAIT_S = 10


@dataclass(frozen=True)
class Template:
    """Where tests get their databases from.

    Attributes:
        database: Which of the two databases it stands for.
        server: The server; its user may create databases.
        fill: Makes of an empty database what tests get.
        prefix: What the names of the databases begin with.
        name: A filled database to copy, or None where the server has only one
            session: its database is emptied and filled for each test in turn.
        stack: What ends with the template.
    """

    database: Database
    server: ConnectionSettings
    fill: Fill
    prefix: str
    name: str | None
    stack: ExitStack
    mark: str = field(default_factory=lambda: uuid4().hex, init=False)

    @contextmanager
    def copy(self) -> Iterator[ConnectionSettings]:
        """Provide a filled database; what is in it is gone for the next test."""
        if self.name is None:
            with self.empty() as settings:
                self._fill(settings)
                yield settings
        else:
            with _new_database(self.server, self.prefix, self.name) as settings:
                yield settings

    def empty(self) -> AbstractContextManager[ConnectionSettings]:
        """Provide an empty database; what is in it is gone for the next test."""
        if self.name is None:
            return OnlyDatabase(self.server).emptied()
        return _new_database(self.server, self.prefix)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Provide a session on a filled database; what it does is undone afterwards."""
        with self._shared() as settings, rolled_back_session(settings) as session:
            yield session

    @contextmanager
    def async_session(self) -> Iterator[AsyncSession]:
        """Provide a session of asyncio, which is undone as the other is."""
        with self._shared() as settings, rolled_back_async_session(settings) as session:
            yield session

    @contextmanager
    def _shared(self) -> Iterator[ConnectionSettings]:
        """Provide a filled database in which whoever gets it leaves nothing."""
        if self.name is None:
            with OnlyDatabase(self.server).kept(self.mark, self._fill) as settings:
                yield settings
        else:
            yield self._shared_copy

    @cached_property
    def _shared_copy(self) -> ConnectionSettings:
        return self.stack.enter_context(self.copy())

    def _fill(self, settings: ConnectionSettings) -> None:
        self.fill(self.database, settings)


def _migrate(database: Database, settings: ConnectionSettings) -> None:
    """Bring a database to head, as `upgrade` does with a new one."""
    if not load_head(database, settings, Options()):
        Migrations(database, settings).upgrade()


@contextmanager
def make_template(
    database: Database,
    server: ConnectionSettings,
    fill: Fill = _migrate,
    *,
    upgrade_own: UpgradeOwn | None = None,
) -> Iterator[Template]:
    """Fill a database, once, for tests to copy; drop it afterwards.

    Args:
        database: Which of the two databases it stands for.
        server: Where.
        fill: Makes of an empty database what tests get.
        upgrade_own: What is done to it after that.
    """

    def fill_both(database: Database, settings: ConnectionSettings) -> None:
        fill(database, settings)
        if upgrade_own:
            upgrade_own(settings)

    with ExitStack() as stack:
        if has_one_session(server):
            yield Template(database, server, fill_both, "", None, stack)
            return
        prefix = stack.enter_context(owned_names(server))
        settings = stack.enter_context(_new_database(server, prefix))
        fill_both(database, settings)
        _let_jobs_run(settings)
        _refuse_connections(settings)
        name = settings.database
        yield Template(database, server, fill_both, prefix, name, stack)


@contextmanager
def _new_database(
    server: ConnectionSettings, prefix: str, template: str | None = None
) -> Iterator[ConnectionSettings]:
    settings = server.replace(dbname=f"{prefix}{uuid4().hex[:12]}")
    with _janitor(server, settings.database, template):
        yield settings


def _janitor(
    server: ConnectionSettings, name: str, template: str | None
) -> DatabaseJanitor:
    keywords = server.keywords
    return DatabaseJanitor(
        user=keywords["user"],
        host=keywords["host"],
        port=keywords["port"],
        password=keywords["password"],
        dbname=name,
        template_dbname=template,
        maintenance_dbname=server.database,
    )


def _let_jobs_run(settings: ConnectionSettings) -> None:
    """Wait, but not for ever, until the scheduler ran what the migrations made.

    Cut off by the first copy, jobs would have failed in every copy; never run, they
    would run in each beside its test.
    """
    deadline = time.monotonic() + _JOBS_WAIT_S
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        if connection.scalar(_HAS_JOBS):
            while connection.scalar(_UNDONE_JOBS) and time.monotonic() < deadline:
                time.sleep(0.05)


def _refuse_connections(settings: ConnectionSettings) -> None:
    """Keep TimescaleDB's scheduler off a database, which could not be copied else."""
    statement = "ALTER DATABASE {} WITH ALLOW_CONNECTIONS false"
    server = settings.replace(dbname="postgres")
    with _janitor(server, settings.database, None).cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(settings.database)))
