"""Tables full of readings, in row chunks and then in the columnstore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.readings import readings
from benchmarks.schemes import SCHEMES, connected_to, create_schemes, tidy, use
from dataforeman_schema.tsdb import copy_readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

_CONVERT = "SELECT count(compress_chunk(chunk)) FROM show_chunks('tag_values') AS chunk"


def load(bench: Bench) -> ConnectionSettings:
    """Fill a database with the same readings under every scheme."""
    settings = bench.telemetry()
    create_schemes(settings)
    rows = readings(bench.size.rows)
    with connected_to(settings) as connection:
        for _ in _each(connection):
            copy_readings(connection, rows)
    tidy(settings)
    return settings


def convert(settings: ConnectionSettings) -> None:
    """Put all chunks of every scheme into the columnstore."""
    with connected_to(settings) as connection:
        for _ in _each(connection):
            connection.exec_driver_sql(_CONVERT)
    tidy(settings)


def _each(connection: Connection) -> Iterator[None]:
    for scheme in SCHEMES:
        use(connection, scheme)
        yield
        connection.commit()
