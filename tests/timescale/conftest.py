"""A database and a history of revisions for tests of TimescaleDB features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.timescale.history import History

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine


@pytest.fixture
def connection(tsdb_empty_engine: Engine) -> Iterator[Connection]:
    """A connection to an empty database that has the extension."""
    with tsdb_empty_engine.connect() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS timescaledb")
        # Where there are background workers, one could hold locks or move chunks just
        # when a test does.
        connection.exec_driver_sql(
            "SELECT _timescaledb_functions.stop_background_workers()"
        )
        # A job that was added by hand outlives its table in a database that stays.
        connection.exec_driver_sql(
            "SELECT delete_job(job_id) FROM timescaledb_information.jobs "
            "WHERE job_id >= 1000"
        )
        connection.commit()
        yield connection


@pytest.fixture
def history(connection: Connection, tmp_path: Path) -> History:
    """An empty history of revisions on the database."""
    return History(connection, tmp_path / "revisions")
