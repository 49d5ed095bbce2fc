"""The two servers that tests run on: embedded ones, or those that variables name."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.embedded import EmbeddedPostgres, EmbeddedTimescale
from dataforeman_schema.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.embedded import EmbeddedServer
    from dataforeman_schema.settings import ConnectionSettings


@pytest.fixture(scope="session")
def meta_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ConnectionSettings]:
    """A PostgreSQL server, META_TEST_URL's or an embedded one, for the session."""
    embedded = EmbeddedPostgres(tmp_path_factory.mktemp("meta"), durable=False)
    with _server(META, "META_TEST_URL", embedded) as settings:
        yield settings


@pytest.fixture(scope="session")
def tsdb_server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[ConnectionSettings]:
    """A TimescaleDB server, TSDB_TEST_URL's or an embedded one, for the session."""
    embedded = EmbeddedTimescale(
        tmp_path_factory.mktemp("tsdb"),
        modules=pytestconfig.rootpath / ".servers" / "node_modules",
    )
    with _server(TSDB, "TSDB_TEST_URL", embedded) as settings:
        yield settings


@contextmanager
def _server(
    database: Database, variable: str, embedded: EmbeddedServer
) -> Iterator[ConnectionSettings]:
    if url := os.environ.get(variable):
        yield read_settings(database.variables, {database.variables.url: url})
        return
    with embedded as server:
        yield read_settings(database.variables, {}).replace(**server.params)


def has_one_session(server: ConnectionSettings) -> bool:
    """Tell whether a server is a single process, which has one session at a time.

    The embedded TimescaleDB is. Another database is a new start to it: tests share
    one, in turn, instead of having databases of their own.
    """
    with closing(connect(server)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() = 0")
        return bool(cursor.fetchone() == (True,))
