"""The two servers that tests run on: embedded ones, or those that variables name."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.connection import ConnectionFailed, connect
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
    folder = tmp_path_factory.mktemp("meta")
    with _server(META, "META_TEST_URL", EmbeddedPostgres(folder, durable=False)) as at:
        yield at


@pytest.fixture(scope="session")
def tsdb_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ConnectionSettings]:
    """A TimescaleDB server, TSDB_TEST_URL's or an embedded one, for the session."""
    folder = tmp_path_factory.mktemp("tsdb")
    with _server(TSDB, "TSDB_TEST_URL", EmbeddedTimescale(folder)) as at:
        yield at


@contextmanager
def _server(
    database: Database, variable: str, embedded: EmbeddedServer
) -> Iterator[ConnectionSettings]:
    if url := os.environ.get(variable):
        yield read_settings(database.variables, {database.variables.url: url})
        return
    with embedded as server:
        yield read_settings(database.variables, {}).replace(**server.params)


def serves_one_database(server: ConnectionSettings) -> bool:
    """Tell whether a server has a single database, whatever name a client asks for.

    The embedded TimescaleDB is such a server; every client shares its database.
    """
    try:
        connect(server.replace(dbname="dataforeman_test_none")).close()
    except ConnectionFailed:
        return False
    return True
