"""How long a plain table full of readings takes to become a hypertable.

Each is a transaction that is rolled back, so all of them find the same table.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import NullPool

from benchmarks.comparison import Contrast, timed
from benchmarks.readings import readings
from dataforeman_schema.engine import create_engine
from dataforeman_schema.timescale.hypertable_op import CreateHypertableOp
from dataforeman_schema.tsdb import copy_readings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from benchmarks.bench import Bench

    Convert = Callable[[Connection], object]

OURS: Final = "op.create_hypertable"
BARE: Final = "the SQL call"
_GOAL: Final = 1.1
_ONE_DAY: Final = timedelta(days=1)
_PLAIN: Final = """
CREATE SCHEMA plain;
SET search_path = plain, public;
CREATE TABLE tag_values (LIKE public.tag_values INCLUDING DEFAULTS INCLUDING INDEXES)
"""
_SET_SCHEMA: Final = "SET LOCAL search_path = plain, public"
_CALL: Final = """
SELECT create_hypertable('tag_values', by_range('ts', INTERVAL '1 day'),
  create_default_indexes => false, migrate_data => true)
"""


def run(bench: Bench) -> None:
    """Compare Alembic's operation with the call that it makes."""
    engine = create_engine(bench.telemetry(), poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(_PLAIN)
        copy_readings(connection, readings(bench.size.rows))
    ways = {
        OURS: partial(_measure, engine, _ours),
        BARE: partial(_measure, engine, _bare),
    }
    rounds, goal = bench.size.long_rounds, Contrast(OURS, BARE, at_most=_GOAL)
    work = f"{bench.size.rows:,} rows made a hypertable"
    bench.compare(work, ways, goal, rounds=rounds)


def _measure(engine: Engine, convert: Convert) -> float:
    with engine.connect() as connection:
        connection.exec_driver_sql(_SET_SCHEMA)
        seconds = timed(partial(convert, connection))
        connection.rollback()
    return seconds


def _ours(connection: Connection) -> None:
    operations = Operations(MigrationContext.configure(connection))
    CreateHypertableOp.create_hypertable(
        operations,
        "tag_values",
        "ts",
        chunk_interval=_ONE_DAY,
        default_indexes=False,
        migrate_data=True,
    )


def _bare(connection: Connection) -> None:
    connection.exec_driver_sql(_CALL)
