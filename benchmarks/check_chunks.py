"""How long `alembic check` takes with few and with many chunks.

    python -m benchmarks.check_chunks [postgresql+psycopg2://…]

It makes and drops the table ``bench_check`` in an empty database: the URL's, or that of
a new embedded TimescaleDB.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    URL,
    Column,
    DateTime,
    Integer,
    MetaData,
    NullPool,
    Table,
    create_engine,
    text,
)

from dataforeman_schema.embedded import EmbeddedTimescale, throwaway_folder
from dataforeman_schema.timescale import (
    PLUGIN_NAME,
    Columnstore,
    Hypertable,
    include_name,
    include_object,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

FEW, MANY, ROUNDS = 10, 2000, 15


def models() -> MetaData:
    """Declare one hypertable with daily chunks."""
    metadata = MetaData()
    Table(
        "bench_check",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        Hypertable("ts", chunk_interval=timedelta(days=1)),
        Columnstore(("device",), ("ts DESC",)),
    )
    return metadata


def fill(connection: Connection, chunks: int) -> None:
    """Make chunks, one for each row."""
    statement = text(
        "INSERT INTO bench_check SELECT timestamptz '2000-01-01' + i * interval "
        "'1 day', i FROM generate_series(1, :chunks) i"
    )
    connection.execute(statement, {"chunks": chunks})
    connection.commit()


def check(connection: Connection, metadata: MetaData) -> float:
    """Compare the models with the database and return the seconds it took."""
    options = {
        "autogenerate_plugins": ["alembic.autogenerate.*", PLUGIN_NAME],
        "include_name": include_name,
        "include_object": include_object(metadata),
        "include_schemas": True,
    }
    start = time.perf_counter()
    context = MigrationContext.configure(connection, opts=options)
    script = produce_migrations(context, metadata)
    took = time.perf_counter() - start
    connection.commit()
    if script.upgrade_ops is None or script.upgrade_ops.as_diffs():
        sys.exit("the models and the database differ: is the database empty?")
    return took


def measure(connection: Connection, metadata: MetaData, chunks: int) -> float:
    """Return the median of some checks with a number of chunks, and print it."""
    metadata.create_all(connection)
    fill(connection, chunks)
    check(connection, metadata)
    times = sorted(check(connection, metadata) for _ in range(ROUNDS))
    median = statistics.median(times)
    spread = f"{times[0] * 1000:.1f} to {times[-1] * 1000:.1f}"
    print(f"{chunks:>5} chunks: {median * 1000:.1f} ms ({spread})")
    metadata.drop_all(connection)
    connection.commit()
    return median


def main() -> None:
    """Compare few chunks with many."""
    if sys.argv[1:]:
        compare(sys.argv[1])
        return
    with throwaway_folder() as folder, EmbeddedTimescale(folder) as server:
        url = URL.create("postgresql+psycopg2", query=server.params)
        compare(url)


def compare(url: URL | str) -> None:
    """Measure both numbers of chunks in one database."""
    metadata = models()
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
        connection.commit()
        few = measure(connection, metadata, FEW)
        many = measure(connection, metadata, MANY)
    print(f"many / few: {many / few:.2f}")


if __name__ == "__main__":
    main()
