"""Pairs of databases in the states that `upgrade` can find them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import variables
from tests.commands.killable import killable_servers
from tests.commands.places import VERSION_TABLE, absent_database, execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings
    from tests.commands.killable import Servers


@pytest.fixture
def absent_meta(meta_server: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """A metadata database that its server does not have yet."""
    with absent_database(meta_server) as settings:
        yield settings


@pytest.fixture
def absent_pair(
    absent_meta: ConnectionSettings, tsdb_server: ConnectionSettings
) -> Iterator[dict[str, str]]:
    """The variables of two databases that their servers do not have yet."""
    with absent_database(tsdb_server) as absent_tsdb:
        yield variables(absent_meta) | variables(absent_tsdb)


@pytest.fixture
def new_pair(
    absent_meta: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> dict[str, str]:
    """The variables of a metadata database to create and an empty telemetry one."""
    return variables(absent_meta) | variables(tsdb_empty_database)


@pytest.fixture
def begun_pair(
    meta_empty_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> dict[str, str]:
    """The variables of two databases whose first revision Alembic once rolled back."""
    for settings in (meta_empty_database, tsdb_empty_database):
        execute(settings, VERSION_TABLE)
    return variables(meta_empty_database) | variables(tsdb_empty_database)


@pytest.fixture
def current_pair(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> dict[str, str]:
    """The variables of two databases at head."""
    return variables(meta_database) | variables(tsdb_database)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A PostgreSQL server and a TimescaleDB server, to kill."""
    with killable_servers() as servers:
        yield servers
