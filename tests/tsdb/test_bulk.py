"""Many readings at once, by every driver."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import psycopg
import psycopg2
import pytest
import sqlalchemy
from sqlalchemy import NullPool, func, select

from dataforeman_schema.engine import create_async_engine
from dataforeman_schema.tsdb import (
    Reading,
    TagValue,
    copy_readings,
    copy_readings_async,
    upsert_readings,
    upsert_readings_async,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings

PLC = UUID(int=7)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HARD = Reading(PLC, 9, NOON, 192, None, 'tab\t, line\n, \\N and "', {"a": ["\t", None]})
SYNC = pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
ASYNC = pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])


def readings(count: int) -> Iterator[Reading]:
    """Make readings of one tag, a second apart."""
    for second in range(count):
        yield Reading(PLC, 1, NOON + timedelta(seconds=second), v_num=second / 3)


def stored(connection: Connection) -> int:
    """Count what is there."""
    return connection.scalar(select(func.count()).select_from(TagValue)) or 0


@SYNC
def test_copied_and_merged(
    tsdb_database: ConnectionSettings, driver: Literal["psycopg2", "psycopg"]
) -> None:
    """Values of every kind arrive as they are, and what is there is merged."""
    engine = sqlalchemy.create_engine(tsdb_database.url(driver), poolclass=NullPool)
    with engine.begin() as connection:
        assert copy_readings(connection, [*readings(2_500), HARD]) == 2_501
        found = connection.execute(select(TagValue.__table__).filter_by(tag_id=9)).one()
        assert found._asdict() == HARD._asdict()
        changed = [each._replace(v_num=-1.0) for each in readings(3)]
        assert upsert_readings(connection, [*changed, HARD], replace=False) == 0
        assert upsert_readings(connection, [*readings(1), *changed, HARD]) == 4
        below = select(func.count()).where(TagValue.v_num < 0)
        assert connection.scalar(below) == 3
        assert stored(connection) == 2_501
    with engine.connect() as connection:
        with pytest.raises((psycopg.Error, psycopg2.Error)):
            copy_readings(connection, [HARD])
        connection.rollback()
        assert stored(connection) == 2_501


@ASYNC
def test_copied_and_merged_by_asyncio(
    tsdb_database: ConnectionSettings, driver: Literal["psycopg", "asyncpg"]
) -> None:
    """The same holds for asyncio, and what is rolled back is not there."""

    async def write() -> tuple[int, int, int]:
        engine = create_async_engine(tsdb_database, driver=driver, poolclass=NullPool)
        async with engine.connect() as connection:
            await copy_readings_async(connection, readings(10))
            await connection.rollback()
            copied = await copy_readings_async(connection, [*readings(2), HARD])
            merged = await upsert_readings_async(connection, [*readings(5), HARD])
            await connection.commit()
            return copied, merged, await connection.run_sync(stored)

    assert asyncio.run(write()) == (3, 6, 6)


def test_a_time_without_a_zone(tsdb_engine: sqlalchemy.Engine) -> None:
    """A time that nobody can place is refused, and nothing of the rest is kept."""
    naive = HARD._replace(ts=datetime(2026, 1, 1))  # noqa: DTZ001 - the test
    with tsdb_engine.connect() as connection:
        for write in (copy_readings, upsert_readings):
            with pytest.raises(ValueError, match="has no time zone"):
                write(connection, [*readings(1), naive])
            connection.rollback()
        assert stored(connection) == 0
