"""Servers of a test's own, which it may kill."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import NullPool

from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedServer,
    EmbeddedTimescale,
    throwaway_folder,
)
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from dataforeman_schema.testing.cleaning import drop_everything

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


@dataclass(frozen=True)
class Servers:
    """Two servers to kill."""

    postgres: EmbeddedPostgres
    timescale: EmbeddedTimescale

    def of(self, database: Database) -> EmbeddedServer:
        """Name the server of one of the two databases."""
        return self.timescale if database is TSDB else self.postgres

    def settings(self, database: Database) -> ConnectionSettings:
        """Say where that is."""
        variables = (META.variables, TSDB.variables)[database is TSDB]
        return read_settings(variables, {}).replace(**self.of(database).params)

    def empty_telemetry(self) -> ConnectionSettings:
        """Empty the telemetry database, and say where it is."""
        tsdb = self.settings(TSDB)
        with create_engine(tsdb, poolclass=NullPool).connect() as connection:
            drop_everything(connection)
        return tsdb


@contextmanager
def killable_servers() -> Iterator[Servers]:
    """Run a PostgreSQL server and a TimescaleDB server during a block."""
    with (
        throwaway_folder() as first,
        throwaway_folder() as second,
        EmbeddedPostgres(first, durable=False) as postgres,
        EmbeddedTimescale(second) as timescale,
    ):
        yield Servers(postgres, timescale)
