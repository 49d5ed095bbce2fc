"""The two servers that tests run on: embedded ones, or those that variables name."""

from __future__ import annotations

import dataclasses
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

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


@contextmanager
def postgres_server() -> Iterator[ConnectionSettings]:
    """Provide the PostgreSQL server that META_TEST_URL names, or an embedded one."""
    if settings := _given("META_TEST_URL", META.variables):
        yield settings
        return
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False) as server,
    ):
        yield read_settings(META.variables, {}).replace(**server.params)


@contextmanager
def timescale_server() -> Iterator[ConnectionSettings]:
    """Provide the TimescaleDB server that TSDB_TEST_URL names, or an embedded one."""
    if settings := _given("TSDB_TEST_URL", TSDB.variables):
        yield settings
        return
    with throwaway_folder() as folder, EmbeddedTimescale(folder) as server:
        yield read_settings(TSDB.variables, {}).replace(**server.params)


def _given(name: str, variables: Variables) -> ConnectionSettings | None:
    if not os.environ.get(name):
        return None
    # Errors name what was set.
    settings = read_settings(dataclasses.replace(variables, url=name))
    return dataclasses.replace(settings, variables=variables)


def has_one_session(server: ConnectionSettings) -> bool:
    """Tell whether a server is a single process, which has one session at a time.

    The embedded TimescaleDB is. Another database is a new start to it: tests share
    one, in turn, instead of having databases of their own.
    """
    with closing(connect(server)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() = 0")
        return bool(cursor.fetchone() == (True,))
