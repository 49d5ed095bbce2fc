"""TimescaleDB's functions in selects, by every driver."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy import NullPool, func, select

from dataforeman_schema.engine import create_async_engine, create_engine
from dataforeman_schema.timescale import (
    approximate_row_count,
    first,
    histogram,
    interpolate,
    last,
    locf,
    time_bucket,
    time_bucket_gapfill,
)
from dataforeman_schema.tsdb import Reading, TagValue, copy_readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from dataforeman_schema.settings import ConnectionSettings

HOUR = timedelta(hours=1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
READINGS = [
    Reading(UUID(int=7), 1, NOON + minutes * timedelta(minutes=1), v_num=value)
    for minutes, value in ((0, 1.0), (10, 3.0), (190, 8.0))
]

bucket = time_bucket(HOUR, TagValue.ts).label("bucket")
filled = time_bucket_gapfill(HOUR, TagValue.ts, NOON, NOON + 4 * HOUR).label("filled")
mean = func.avg(TagValue.v_num)

SELECTS: dict[str, tuple[Select[*tuple[object, ...]], list[tuple[object, ...]]]] = {
    "time_bucket": (
        select(bucket, mean).group_by(bucket).order_by(bucket),
        [(NOON, 2.0), (NOON + 3 * HOUR, 8.0)],
    ),
    "time_bucket_gapfill": (
        select(filled, mean, locf(mean), interpolate(mean))
        .where(TagValue.ts >= NOON, TagValue.ts < NOON + 4 * HOUR)
        .group_by(filled)
        .order_by(filled),
        [
            (NOON, 2.0, 2.0, 2.0),
            (NOON + HOUR, None, 2.0, 4.0),
            (NOON + 2 * HOUR, None, 2.0, 6.0),
            (NOON + 3 * HOUR, 8.0, 8.0, 8.0),
        ],
    ),
    "first and last": (
        select(first(TagValue.v_num, TagValue.ts), last(TagValue.v_num, TagValue.ts)),
        [(1.0, 8.0)],
    ),
    "histogram": (select(histogram(TagValue.v_num, 0, 6, 3)), [([0, 1, 1, 0, 1],)]),
    "approximate_row_count": (
        select(approximate_row_count(TagValue.__table__) >= 0),  # type: ignore[arg-type]
        [(True,)],
    ),
}


def look(connection: Connection) -> dict[str, Sequence[object]]:
    """Run all of the selects."""
    return {
        name: [tuple(row) for row in connection.execute(query)]
        for name, (query, _rows) in SELECTS.items()
    }


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "asyncpg"])
def test_functions(tsdb_database: ConnectionSettings, driver: str) -> None:
    """Each gives what TimescaleDB says that it does."""
    with create_engine(tsdb_database, poolclass=NullPool).begin() as connection:
        copy_readings(connection, READINGS)
    if driver == "asyncpg":
        found = asyncio.run(look_by_asyncio(tsdb_database))
    else:
        url = tsdb_database.url("psycopg" if driver == "psycopg" else "psycopg2")
        engine = sqlalchemy.create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            found = look(connection)
    assert found == {name: rows for name, (_query, rows) in SELECTS.items()}


async def look_by_asyncio(settings: ConnectionSettings) -> dict[str, Sequence[object]]:
    """Run all of the selects by asyncpg."""
    engine = create_async_engine(settings, driver="asyncpg", poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(look)
