"""How fast many readings are inserted: in each way, by each driver."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from sqlalchemy import NullPool, insert
from sqlalchemy.orm import Session

from benchmarks.comparison import Contrast, timed
from benchmarks.readings import parts, readings
from dataforeman_schema.engine import create_async_engine, create_engine
from dataforeman_schema.tsdb import (
    Reading,
    TagValue,
    copy_readings,
    copy_readings_async,
    upsert_readings,
    upsert_readings_async,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from benchmarks.bench import Bench
    from benchmarks.comparison import Measure
    from dataforeman_schema.settings import ConnectionSettings

    Write = Callable[[Connection, list[Reading]], object]
    AsyncWrite = Callable[[AsyncConnection, list[Reading]], Awaitable[object]]

_VALUES: Final = 1_000  # rows of one statement
_GIVEN: Final = Reading._fields[:5]
_TRUNCATE: Final = "TRUNCATE tag_values"


def run(bench: Bench) -> None:
    """Compare all ways by all drivers, and each with the first."""
    settings, rows = bench.telemetry(), readings(bench.size.bulk_rows)
    measures = _sync_ways(settings, rows) | _async_ways(settings, rows)
    ways = {name: measures[name] for name in sorted(measures, key=_place)}
    first, *others = ways
    contrasts = [Contrast(way, first) for way in others]
    work = f"{len(rows):,} readings at once"
    rounds = bench.size.long_rounds
    measured = partial(bench.compare, unit="rows/s", rounds=rounds, warm_up=False)
    measured(work, ways, *contrasts)


def _place(name: str) -> int:
    """Keep the drivers of a way together."""
    way, _, _ = name.partition(", ")
    return list(_WAYS).index(way)


def _sync_ways(settings: ConnectionSettings, rows: list[Reading]) -> dict[str, Measure]:
    engines = {
        "psycopg2": create_engine(settings, poolclass=NullPool),
        "Psycopg 3": sqlalchemy.create_engine(
            settings.url("psycopg"), poolclass=NullPool
        ),
    }
    return {
        f"{way}, {driver}": partial(_measure, engine, write, rows)
        for way, write in _WAYS.items()
        for driver, engine in engines.items()
    }


def _measure(engine: sqlalchemy.Engine, write: Write, rows: list[Reading]) -> float:
    with engine.connect() as connection:
        connection.exec_driver_sql(_TRUNCATE)
        connection.commit()

        def work() -> None:
            write(connection, rows)
            connection.commit()

        return len(rows) / timed(work)


def _async_ways(
    settings: ConnectionSettings, rows: list[Reading]
) -> dict[str, Measure]:
    engines = {
        "Psycopg 3 (asyncio)": create_async_engine(settings, poolclass=NullPool),
        "asyncpg": create_async_engine(settings, driver="asyncpg", poolclass=NullPool),
    }
    return {
        f"{way}, {driver}": partial(_measure_async, engine, write, rows)
        for way, write in _ASYNC_WAYS.items()
        for driver, engine in engines.items()
    }


def _measure_async(
    engine: AsyncEngine, write: AsyncWrite, rows: list[Reading]
) -> float:
    async def measure() -> float:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(_TRUNCATE)
            await connection.commit()
            loop = asyncio.get_running_loop()
            begun = loop.time()
            await write(connection, rows)
            await connection.commit()
            return len(rows) / (loop.time() - begun)

    return asyncio.run(measure())


def _add_all(connection: Connection, rows: list[Reading]) -> None:
    with Session(connection) as session:
        session.add_all([TagValue(**_values(row)) for row in rows])
        session.flush()


def _insert_values(connection: Connection, rows: list[Reading]) -> None:
    for part in parts(rows, -(-len(rows) // _VALUES)):
        statement = insert(TagValue).values([_values(row) for row in part])
        connection.execute(statement)


def _insert_list(connection: Connection, rows: list[Reading]) -> None:
    connection.execute(insert(TagValue), [_values(row) for row in rows])


def _values(row: Reading) -> dict[str, Any]:
    return dict(zip(_GIVEN, row, strict=False))


def _run_sync(write: Write) -> AsyncWrite:
    async def run_sync(connection: AsyncConnection, rows: list[Reading]) -> None:
        await connection.run_sync(write, rows)

    return run_sync


_INSERTS: Final[Mapping[str, Write]] = {
    "session.add_all": _add_all,
    "insert().values(…)": _insert_values,
    "insert() with a list": _insert_list,
}
_WAYS: Final[Mapping[str, Write]] = {
    **_INSERTS,
    "upsert_readings": upsert_readings,
    "copy_readings": copy_readings,
}
_ASYNC_WAYS: Final[Mapping[str, AsyncWrite]] = {
    **{name: _run_sync(write) for name, write in _INSERTS.items()},
    "upsert_readings": upsert_readings_async,
    "copy_readings": copy_readings_async,
}
