"""How long `adopt` takes over a million readings, and its proof against plain queries.

    python -m benchmarks.adopt [postgresql://…]

The telemetry database is one as the application made it. It is the URL's, which is
emptied first, or that of a new embedded TimescaleDB. The metadata database is always
that of a new embedded PostgreSQL.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

from sqlalchemy import NullPool, text

from dataforeman_schema.commands.adoption.proof import fingerprints, tables
from dataforeman_schema.commands.adoption.run import Adoption
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedTimescale,
    throwaway_folder,
)
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from dataforeman_schema.testing.cleaning import drop_everything
from tests.commands import variables
from tests.installations import SCHEMAS, build_one, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings

FORM, ROUNDS = "v0.2.1", 3
FILL = text(
    "INSERT INTO tag_values (connection_id, tag_id, ts, quality, v_num) SELECT"
    " md5('c' || tag % 11)::uuid, tag, timestamptz '2026-01-01' + n * interval '1 min',"
    " 192, sin(n) FROM generate_series(1, 100) AS tag, generate_series(1, 10000) AS n"
)
COLUMNSTORE = text(
    "SELECT compress_chunk(chunk) FROM show_chunks('tag_values') AS chunk"
    " ORDER BY 1 LIMIT 3"
)
COUNT = text("SELECT count(*) FROM tag_values")
# The same rows, their values and their order: what one would write by hand.
MD5 = text(
    "SELECT md5(string_agg(md5(it::text), '' ORDER BY tag_id, ts)) FROM tag_values it"
)


def count(connection: Connection) -> None:
    """Count the readings."""
    connection.execute(COUNT).all()


def md5(connection: Connection) -> None:
    """Hash the readings."""
    connection.execute(MD5).all()


def prove(connection: Connection) -> None:
    """Read what the proof compares, once: it does so before and after."""
    name = "public.tag_values"
    columns = {name: tables(connection)[name]}
    fingerprints(connection, columns, say=lambda _: None)


def measure(settings: ConnectionSettings) -> None:
    """Print medians of what takes turns, and ratios to the count."""
    times: dict[Callable[[Connection], None], list[float]] = {
        query: [] for query in (count, md5, prove)
    }
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        for _ in range(ROUNDS):
            for query, found in times.items():
                begun = time.perf_counter()
                query(connection)
                found.append(time.perf_counter() - begun)
    least = statistics.median(times[count])
    for query, found in times.items():
        median = statistics.median(found)
        spread = f"{min(found):.2f} … {max(found):.2f}"
        ratio = f"{median / least:.1f} times count"
        print(f"  {query.__name__:6} {median:.2f} s  ({spread})  {ratio}")


def adopt(settings: ConnectionSettings, *, counts_only: bool) -> float:
    """Adopt the telemetry database, and give it back; return how long that took."""
    adoption = Adoption(TSDB, settings, lambda _: None, lambda _: None, counts_only)
    begun = time.perf_counter()
    adoption.run()
    seconds = time.perf_counter() - begun
    adoption.undo()
    return seconds


def compare(meta: ConnectionSettings, tsdb: ConnectionSettings) -> None:
    """Measure the queries, and an adoption with either proof."""
    engine = create_engine(tsdb, poolclass=NullPool)
    with engine.connect() as connection:
        drop_everything(connection)
    build_one(FORM, META, meta)
    os.environ.update(variables(meta))  # where the metrics' names are read
    run(tsdb, SCHEMAS[FORM][TSDB])
    with engine.begin() as connection:
        connection.execute(FILL)
        connection.execute(COLUMNSTORE)
    print("a million readings, three of seven days in the columnstore")
    measure(tsdb)
    for proof, counts_only in (("checksums", False), ("counts", True)):
        seconds = adopt(tsdb, counts_only=counts_only)
        print(f"  adopt, with its proof by {proof}: {seconds:.2f} s")


def main() -> None:
    """Measure on the server that is named, or on a new one."""
    with (
        throwaway_folder() as folder,
        throwaway_folder() as other,
        EmbeddedPostgres(folder) as postgres,
    ):
        meta = read_settings(META.variables, {}).replace(**postgres.params)
        if sys.argv[1:]:
            environ = {TSDB.variables.url: sys.argv[1]}
            compare(meta, read_settings(TSDB.variables, environ))
            return
        with EmbeddedTimescale(other) as timescale:
            empty = read_settings(TSDB.variables, {})
            compare(meta, empty.replace(**timescale.params))


if __name__ == "__main__":
    main()
