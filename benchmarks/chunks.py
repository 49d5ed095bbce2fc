"""How long `alembic check` and `verify` take with few and with many chunks.

    python -m benchmarks.chunks [postgresql://…]

They look at a telemetry database at head whose readings are a day apart. It is the
URL's, which is emptied first, or that of a new embedded TimescaleDB.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, text

from dataforeman_schema.commands.verify import verify_database
from dataforeman_schema.databases import TSDB
from dataforeman_schema.embedded import EmbeddedTimescale, throwaway_folder
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from dataforeman_schema.testing import Migrations
from dataforeman_schema.testing.cleaning import drop_everything

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

Look = Callable[["ConnectionSettings"], None]

FEW, MANY, ROUNDS = 10, 2000, 11
FILL = text(
    "INSERT INTO tag_values (connection_id, tag_id, ts, v_num) SELECT"
    " gen_random_uuid(), i, timestamptz '2000-01-01' + i * interval '1 day', i"
    " FROM generate_series(1, :chunks) i"
)


def check(settings: ConnectionSettings) -> None:
    """Compare as Alembic's own command does."""
    Migrations(TSDB, settings).check()


def verify(settings: ConnectionSettings) -> None:
    """Look for what is wrong."""
    verdict = verify_database(TSDB, settings, 60)
    if verdict.error or verdict.findings:
        sys.exit(f"not as it should be: {verdict.error or verdict.findings[0]}")


def fill(settings: ConnectionSettings, chunks: int) -> None:
    """Give a database at head at least a number of chunks."""
    with create_engine(settings, poolclass=NullPool).begin() as connection:
        connection.execute(FILL, {"chunks": chunks})


def measure(look: Look, settings: ConnectionSettings) -> float:
    """Return the median of some rounds, in seconds, and print it."""
    look(settings)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        look(settings)
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    spread = f"{min(times) * 1000:.0f} to {max(times) * 1000:.0f}"
    print(f"  {look.__name__}: {median * 1000:.0f} ms ({spread})")
    return median


def compare(settings: ConnectionSettings) -> None:
    """Measure both commands with both numbers of chunks."""
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        drop_everything(connection)
    Migrations(TSDB, settings).upgrade()
    found: dict[int, list[float]] = {}
    for chunks in (FEW, MANY):
        fill(settings, chunks)
        print(f"{chunks} chunks")
        found[chunks] = [measure(look, settings) for look in (check, verify)]
    for name, few, many in zip(("check", "verify"), *found.values(), strict=True):
        print(f"{name}, many / few: {many / few:.2f}")


def main() -> None:
    """Compare few chunks with many."""
    if sys.argv[1:]:
        environ = {TSDB.variables.url: sys.argv[1]}
        compare(read_settings(TSDB.variables, environ))
        return
    with throwaway_folder() as folder, EmbeddedTimescale(folder) as server:
        compare(read_settings(TSDB.variables, {}).replace(**server.params))


if __name__ == "__main__":
    main()
