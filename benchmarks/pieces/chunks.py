"""How long `alembic check` and `verify` take with few and with many chunks."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import NullPool, text

from benchmarks.comparison import Contrast, timed
from dataforeman_schema.commands.verify import verify_database
from dataforeman_schema.databases import TSDB
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing import Migrations

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

    Look = Callable[[ConnectionSettings], None]

_GOAL: Final = 1.2
_TIMEOUT_S: Final = 60
_AT_ONCE: Final = 200  # a transaction locks every chunk that it makes
_FILL: Final = text(
    "INSERT INTO tag_values (connection_id, tag_id, ts, v_num) SELECT"
    " gen_random_uuid(), i, timestamptz '1990-01-01' + i * interval '1 day', i"
    " FROM generate_series(CAST(:first AS int), :last) i"
)
_CATALOGS: Final = (
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_depend",
    "pg_description",
    "pg_index",
    "pg_inherits",
    "pg_type",
)


def run(bench: Bench) -> None:
    """Compare both looks at databases of every number of chunks."""
    numbers = bench.size.chunks if bench.is_embedded else bench.size.native_chunks
    places = {f"{number:,} chunks": bench.telemetry() for number in numbers}
    for number, settings in zip(numbers, places.values(), strict=True):
        _fill(settings, number)
    few, *more = places
    for name, look in (("alembic check", _check), ("verify", _verify)):
        ways = {
            way: partial(timed, partial(look, settings))
            for way, settings in places.items()
        }
        contrasts = [Contrast(many, few, at_most=_GOAL) for many in more]
        bench.compare(name, ways, *contrasts)


def _fill(settings: ConnectionSettings, chunks: int) -> None:
    engine = create_engine(settings, poolclass=NullPool)
    for first in range(1, chunks + 1, _AT_ONCE):
        last = min(first + _AT_ONCE - 1, chunks)
        with engine.begin() as connection:
            connection.execute(_FILL, {"first": first, "last": last})
    # As autovacuum does with what became of a database in years.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for catalog in _CATALOGS:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) pg_catalog.{catalog}")


def _check(settings: ConnectionSettings) -> None:
    """Compare as Alembic's own command does."""
    Migrations(TSDB, settings).check()


def _verify(settings: ConnectionSettings) -> None:
    """Look for what is wrong."""
    verdict = verify_database(TSDB, settings, _TIMEOUT_S)
    if verdict.error or verdict.findings:
        sys.exit(f"not as it should be: {verdict.error or verdict.findings[0]}")
