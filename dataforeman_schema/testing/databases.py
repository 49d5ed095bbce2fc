"""Databases for one test each: empty, or at head by a copy of a template."""

from __future__ import annotations

import fcntl
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from psycopg import sql
from pytest_postgresql.janitor import DatabaseJanitor
from sqlalchemy import Engine, NullPool, text

from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.commands.load import load_head
from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing.cleaning import drop_everything
from dataforeman_schema.testing.migrations import Migrations
from dataforeman_schema.testing.servers import has_one_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.settings import ConnectionSettings

    Fill = Callable[[Database, ConnectionSettings], None]

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
        name: A filled database to copy, or None where the server has only one
            session: its database is emptied and filled for each test in turn.
    """

    database: Database
    server: ConnectionSettings
    fill: Fill
    name: str | None

    @contextmanager
    def copy(self) -> Iterator[ConnectionSettings]:
        """Provide a filled database; what is in it is gone for the next test."""
        if self.name is None:
            with _only_database(self.server) as settings:
                self.fill(self.database, settings)
                yield settings
        else:
            with _new_database(self.server, template=self.name) as settings:
                yield settings

    @contextmanager
    def empty(self) -> Iterator[ConnectionSettings]:
        """Provide an empty database; what is in it is gone for the next test."""
        make = _only_database if self.name is None else _new_database
        with make(self.server) as settings:
            yield settings


def _migrate(database: Database, settings: ConnectionSettings) -> None:
    """Bring a database to head, as `upgrade` does with a new one."""
    if not load_head(database, settings, Options()):
        Migrations(database, settings).upgrade()


@contextmanager
def make_template(
    database: Database, server: ConnectionSettings, fill: Fill = _migrate
) -> Iterator[Template]:
    """Fill a database, once, for tests to copy; drop it afterwards."""
    if has_one_session(server):
        yield Template(database, server, fill, None)
        return
    with _new_database(server) as settings:
        fill(database, settings)
        _let_jobs_run(settings)
        _refuse_connections(settings)
        yield Template(database, server, fill, settings.database)


@pytest.fixture(scope="session")
def meta_template(meta_server: ConnectionSettings) -> Iterator[Template]:
    """The metadata database at head, migrated once for all tests of a worker."""
    with make_template(META, meta_server) as template:
        yield template


@pytest.fixture
def meta_database(meta_template: Template) -> Iterator[ConnectionSettings]:
    """A metadata database at head, this test's own."""
    with meta_template.copy() as settings:
        yield settings


@pytest.fixture
def meta_empty_database(meta_template: Template) -> Iterator[ConnectionSettings]:
    """An empty database on the PostgreSQL server, this test's own."""
    with meta_template.empty() as settings:
        yield settings


@pytest.fixture
def meta_engine(meta_database: ConnectionSettings) -> Iterator[Engine]:
    """A SQLAlchemy engine on a metadata database at head."""
    yield from _engine(meta_database)


@pytest.fixture
def meta_empty_engine(meta_empty_database: ConnectionSettings) -> Iterator[Engine]:
    """A SQLAlchemy engine on an empty database of the PostgreSQL server."""
    yield from _engine(meta_empty_database)


@pytest.fixture(scope="session")
def tsdb_template(tsdb_server: ConnectionSettings) -> Iterator[Template]:
    """The telemetry database at head, migrated once where the server can copy it."""
    with make_template(TSDB, tsdb_server) as template:
        yield template


@pytest.fixture
def tsdb_database(tsdb_template: Template) -> Iterator[ConnectionSettings]:
    """A telemetry database at head, this test's own."""
    with tsdb_template.copy() as settings:
        yield settings


@pytest.fixture
def tsdb_empty_database(tsdb_template: Template) -> Iterator[ConnectionSettings]:
    """An empty database on the TimescaleDB server, this test's own."""
    with tsdb_template.empty() as settings:
        yield settings


@pytest.fixture
def tsdb_engine(tsdb_database: ConnectionSettings) -> Iterator[Engine]:
    """A SQLAlchemy engine on a telemetry database at head."""
    yield from _engine(tsdb_database)


@pytest.fixture
def tsdb_empty_engine(tsdb_empty_database: ConnectionSettings) -> Iterator[Engine]:
    """A SQLAlchemy engine on an empty database of the TimescaleDB server."""
    yield from _engine(tsdb_empty_database)


def _engine(settings: ConnectionSettings) -> Iterator[Engine]:
    # One connection at a time, closed at once: the embedded TimescaleDB has no more.
    yield create_engine(settings, poolclass=NullPool)


@contextmanager
def _new_database(
    server: ConnectionSettings, template: str | None = None
) -> Iterator[ConnectionSettings]:
    settings = server.replace(dbname=f"dataforeman_test_{uuid4().hex}")
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


@contextmanager
def _only_database(server: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """Empty a server's own database, while nobody else on this machine uses it."""
    key = sha256(str(server).encode()).hexdigest()[:16]
    lock = Path(tempfile.gettempdir()) / f"dataforeman-test-{key}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with create_engine(server, poolclass=NullPool).connect() as connection:
            drop_everything(connection)
        yield server
