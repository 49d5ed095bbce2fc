"""The pytest plugin: every fixture, and nothing that is slow to import.

pytest loads it in every run of an environment that has this package, so all that does
the work is imported by the fixture that somebody asks for.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.errors import SchemaError, require_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template

    UpgradeOwn = Callable[[ConnectionSettings], None]


@contextmanager
def _in_one_line(*packages: str) -> Iterator[None]:
    """Fail without a traceback where whoever runs the tests has to do something."""
    try:
        require_extra("testing", *packages)
        yield
    except SchemaError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture(scope="session")
def meta_server() -> Iterator[ConnectionSettings]:
    """A PostgreSQL server, META_TEST_URL's or an embedded one, for the session."""
    with _in_one_line():
        from dataforeman_schema.testing.servers import postgres_server

        with postgres_server() as settings:
            yield settings


@pytest.fixture(scope="session")
def tsdb_server() -> Iterator[ConnectionSettings]:
    """A TimescaleDB server, TSDB_TEST_URL's or an embedded one, for the session."""
    with _in_one_line():
        from dataforeman_schema.testing.servers import timescale_server

        with timescale_server() as settings:
            yield settings


@pytest.fixture(scope="session")
def upgrade_own_meta() -> UpgradeOwn:
    """What else is done to metadata databases at head; override it.

    It returns what is called with the settings of each new database, to run a tree of
    your own there. A copy of one is not new.
    """
    return _nothing_more


@pytest.fixture(scope="session")
def upgrade_own_tsdb() -> UpgradeOwn:
    """What else is done to telemetry databases at head; override it."""
    return _nothing_more


def _nothing_more(_settings: ConnectionSettings) -> None:
    """Leave a database as it is."""


@pytest.fixture(scope="session")
def meta_template(
    meta_server: ConnectionSettings, upgrade_own_meta: UpgradeOwn
) -> Iterator[Template]:
    """The metadata database at head, migrated once for all tests of a worker."""
    with _in_one_line("psycopg", "pytest-postgresql"):
        from dataforeman_schema.databases import META
        from dataforeman_schema.testing.databases import make_template

        with make_template(META, meta_server, upgrade_own=upgrade_own_meta) as template:
            yield template


@pytest.fixture(scope="session")
def tsdb_template(
    tsdb_server: ConnectionSettings, upgrade_own_tsdb: UpgradeOwn
) -> Iterator[Template]:
    """The telemetry database at head, migrated once where the server can copy it."""
    with _in_one_line("psycopg", "pytest-postgresql"):
        from dataforeman_schema.databases import TSDB
        from dataforeman_schema.testing.databases import make_template

        with make_template(TSDB, tsdb_server, upgrade_own=upgrade_own_tsdb) as template:
            yield template


@pytest.fixture
def meta_session(meta_template: Template) -> Iterator[Session]:
    """A session on a metadata database at head; all that is done in it is undone.

    A commit of it lasts until the end of the test. The database is shared by the tests
    of a worker; `now()` is the same in all of a test, and sequences go on.
    """
    with meta_template.session() as session:
        yield session


@pytest.fixture
def tsdb_session(tsdb_template: Template) -> Iterator[Session]:
    """A session on a telemetry database at head; all that is done in it is undone."""
    with _in_one_line(), tsdb_template.session() as session:
        yield session


@pytest.fixture
def meta_async_session(meta_template: Template) -> Iterator[AsyncSession]:
    """A session of asyncio on a metadata database, undone as `meta_session` is.

    It needs the extra ``async``, and works in any event loop.
    """
    with _in_one_line(), meta_template.async_session() as session:
        yield session


@pytest.fixture
def tsdb_async_session(tsdb_template: Template) -> Iterator[AsyncSession]:
    """A session of asyncio on a telemetry database, undone as `tsdb_session` is."""
    with _in_one_line(), tsdb_template.async_session() as session:
        yield session


@pytest.fixture
def meta_database(meta_template: Template) -> Iterator[ConnectionSettings]:
    """A metadata database at head, this test's own."""
    with meta_template.copy() as settings:
        yield settings


@pytest.fixture
def tsdb_database(tsdb_template: Template) -> Iterator[ConnectionSettings]:
    """A telemetry database at head, this test's own."""
    with _in_one_line(), tsdb_template.copy() as settings:
        yield settings


@pytest.fixture
def meta_empty_database(meta_template: Template) -> Iterator[ConnectionSettings]:
    """An empty database on the PostgreSQL server, this test's own."""
    with meta_template.empty() as settings:
        yield settings


@pytest.fixture
def tsdb_empty_database(tsdb_template: Template) -> Iterator[ConnectionSettings]:
    """An empty database on the TimescaleDB server, this test's own."""
    with _in_one_line(), tsdb_template.empty() as settings:
        yield settings


@pytest.fixture
def meta_engine(meta_database: ConnectionSettings) -> Engine:
    """A SQLAlchemy engine on a metadata database at head."""
    return _engine(meta_database)


@pytest.fixture
def tsdb_engine(tsdb_database: ConnectionSettings) -> Engine:
    """A SQLAlchemy engine on a telemetry database at head."""
    return _engine(tsdb_database)


@pytest.fixture
def meta_empty_engine(meta_empty_database: ConnectionSettings) -> Engine:
    """A SQLAlchemy engine on an empty database of the PostgreSQL server."""
    return _engine(meta_empty_database)


@pytest.fixture
def tsdb_empty_engine(tsdb_empty_database: ConnectionSettings) -> Engine:
    """A SQLAlchemy engine on an empty database of the TimescaleDB server."""
    return _engine(tsdb_empty_database)


def _engine(settings: ConnectionSettings) -> Engine:
    from sqlalchemy import NullPool

    from dataforeman_schema.engine import create_engine

    # One connection at a time, closed at once: the embedded TimescaleDB has no more.
    return create_engine(settings, poolclass=NullPool)
