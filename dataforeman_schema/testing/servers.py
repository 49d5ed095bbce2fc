"""The two servers that tests run on: embedded ones, or those that variables name."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedTimescale,
    throwaway_folder,
)
from dataforeman_schema.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings, Variables


@pytest.fixture(scope="session")
def meta_server() -> Iterator[ConnectionSettings]:
    """A PostgreSQL server, META_TEST_URL's or an embedded one, for the session."""
    if settings := _given("META_TEST_URL", META.variables):
        yield settings
        return
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False) as server,
    ):
        yield read_settings(META.variables, {}).replace(**server.params)


@pytest.fixture(scope="session")
def tsdb_server(pytestconfig: pytest.Config) -> Iterator[ConnectionSettings]:
    """A TimescaleDB server, TSDB_TEST_URL's or an embedded one, for the session."""
    if settings := _given("TSDB_TEST_URL", TSDB.variables):
        yield settings
        return
    modules = pytestconfig.rootpath / ".servers" / "node_modules"
    with (
        throwaway_folder() as folder,
        EmbeddedTimescale(folder, modules=modules) as server,
    ):
        yield read_settings(TSDB.variables, {}).replace(**server.params)


def _given(name: str, variables: Variables) -> ConnectionSettings | None:
    url = os.environ.get(name)
    return read_settings(variables, {variables.url: url}) if url else None


def has_one_session(server: ConnectionSettings) -> bool:
    """Tell whether a server is a single process, which has one session at a time.

    The embedded TimescaleDB is. Another database is a new start to it: tests share
    one, in turn, instead of having databases of their own.
    """
    with closing(connect(server)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() = 0")
        return bool(cursor.fetchone() == (True,))
