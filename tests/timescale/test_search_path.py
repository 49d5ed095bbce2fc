"""The extension's functions are found on any search path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, DateTime, Integer, MetaData, Table

from dataforeman_schema.timescale import (
    ChunkSkipping,
    Hypertable,
    Job,
    NoJob,
    Tablespaces,
)
from tests.timescale.managed import DAY, models
from tests.timescale.sql import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from tests.timescale.history import History


@pytest.fixture
def connection(tsdb_empty_engine: Engine) -> Iterator[Connection]:
    """A session that does not find the extension's functions by itself."""
    with tsdb_empty_engine.begin() as connection:
        connection.exec_driver_sql("DROP EXTENSION IF EXISTS timescaledb")
        connection.exec_driver_sql('CREATE SCHEMA "The irs"')
        connection.detach()
    with tsdb_empty_engine.connect() as connection:
        # The server wants it to be the first that a session does.
        connection.exec_driver_sql('CREATE EXTENSION timescaledb SCHEMA "The irs"')
        connection.commit()
        yield connection


def test_revision(history: History) -> None:
    """Everything is made, compared, changed and taken back by revisions."""
    metadata = models()
    history.reach(metadata)
    assert history.differences(metadata) == []
    history.downgrade(metadata, "base")


def test_create_all(connection: Connection, history: History) -> None:
    """Everything is made by create_all(), equal to the models, and dropped again."""
    metadata = models()
    metadata.create_all(connection)
    connection.commit()
    assert history.differences(metadata) == []
    metadata.drop_all(connection)
    connection.commit()


def test_jobs_and_storage(connection: Connection, history: History) -> None:
    """So are those for jobs, chunk skipping and tablespaces."""
    run(connection, "CREATE PROCEDURE mine(int, jsonb) LANGUAGE sql AS 'SELECT 1'")

    def declared(retries: int | None) -> MetaData:
        metadata = MetaData()
        time = Column("ts", DateTime(timezone=True), nullable=False)
        features = (ChunkSkipping("device"), Tablespaces("pg_default"))
        device = Column("device", Integer)
        Table("readings", metadata, time, device, Hypertable("ts"), *features)
        if retries is None:
            NoJob("mine", metadata=metadata)
        else:
            Job("mine", schedule_interval=DAY, max_retries=retries, metadata=metadata)
        return metadata

    for metadata in (declared(1), declared(2), declared(None)):
        history.reach(metadata)
        assert history.differences(metadata) == []
        metadata.create_all(connection)
    history.downgrade(declared(2), "base")


def test_path_stays(connection: Connection, history: History) -> None:
    """The session's search path is as it was when the revision is through."""
    history.reach(models())
    assert connection.exec_driver_sql("SHOW search_path").scalar() == '"$user", public'
