"""How fast readings are written, under our indexes and under others.

What is sent is made before the clock starts, so that it measures the server; only
`copy_readings` makes it meanwhile, as those who call it wait for that too.
"""

from __future__ import annotations

from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from benchmarks.comparison import Contrast, timed
from benchmarks.readings import parts, readings
from benchmarks.schemes import (
    FOUR,
    INSTALLED,
    OURS,
    SCHEMES,
    connected_to,
    create_schemes,
    use,
)
from dataforeman_schema.tsdb import copy_readings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from benchmarks.bench import Bench
    from benchmarks.comparison import Measure
    from dataforeman_schema.tsdb import Reading

    Method = Callable[[Connection, list[Reading]], Measure]

_GOAL: Final = 1.6
_BATCH: Final = 500  # what the application's ingestor sends at once
_COLUMNS: Final = "(connection_id, tag_id, ts, quality, v_num)"
_INSERT: Final = f"INSERT INTO tag_values {_COLUMNS} VALUES ".encode()
_ROW: Final = "(%s, %s, %s, %s, %s)"
_CONFLICT: Final = b" ON CONFLICT (connection_id, tag_id, ts) DO NOTHING"
_EXPLAIN: Final = b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
_COPY: Final = f"COPY tag_values {_COLUMNS} FROM STDIN"


def run(bench: Bench) -> None:
    """Compare the schemes by each way to write."""
    settings = bench.telemetry()
    create_schemes(settings)
    # The first part is the warm-up.
    sent = parts(readings(bench.size.rows), bench.size.rounds + 1)
    contrasts = (
        Contrast(OURS, FOUR, at_least=_GOAL),
        Contrast(OURS, INSTALLED),
    )
    with connected_to(settings) as connection:
        for name, method in _METHODS.items():
            _empty(connection)
            ways = {
                scheme: _writing(connection, scheme, method, iter(sent))
                for scheme in SCHEMES
            }
            bench.compare(name, ways, *contrasts, unit="rows/s")


def _empty(connection: Connection) -> None:
    for scheme in SCHEMES:
        use(connection, scheme)
        connection.exec_driver_sql("TRUNCATE tag_values")
    connection.commit()


def _writing(
    connection: Connection, scheme: str, method: Method, sent: Iterator[list[Reading]]
) -> Measure:
    """Return what writes the next part and tells the rows a second."""

    def measure() -> float:
        use(connection, scheme)
        part = next(sent)
        return len(part) / method(connection, part)()

    return measure


def _in_batches(connection: Connection, part: list[Reading]) -> Measure:
    cursor, statements = _cursor(connection), _statements(connection, part)

    def write() -> None:
        for statement in statements:
            cursor.execute(statement)
            connection.connection.commit()

    return partial(timed, write)


def _executed(connection: Connection, part: list[Reading]) -> Measure:
    """Take what the server itself says of its executor's time."""
    cursor, statements = _cursor(connection), _statements(connection, part)

    def write() -> float:
        seconds = 0.0
        for statement in statements:
            cursor.execute(_EXPLAIN + statement)
            [[[plan]]] = cursor.fetchall()
            seconds += plan["Execution Time"] / 1000
            connection.connection.commit()
        return seconds

    return write


def _statements(connection: Connection, part: list[Reading]) -> list[bytes]:
    cursor = _cursor(connection)
    pages = parts(part, -(-len(part) // _BATCH))
    return [_INSERT + _rows(cursor, page) + _CONFLICT for page in pages]


def _rows(cursor: Any, page: list[Reading]) -> bytes:  # noqa: ANN401 - psycopg2's
    rows = (cursor.mogrify(_ROW, (str(each[0]), *each[1:5])) for each in page)
    return b", ".join(rows)


def _by_copy(connection: Connection, part: list[Reading]) -> Measure:
    lines = "".join("{}\t{}\t{}\t{}\t{}\n".format(*each) for each in part)
    cursor = _cursor(connection)

    def write() -> None:
        cursor.copy_expert(_COPY, StringIO(lines))
        connection.connection.commit()

    return partial(timed, write)


def _by_copy_readings(connection: Connection, part: list[Reading]) -> Measure:
    def write() -> None:
        copy_readings(connection, part)
        connection.commit()

    return partial(timed, write)


def _cursor(connection: Connection) -> Any:  # noqa: ANN401 - psycopg2's
    return connection.connection.cursor()


_METHODS: Final[dict[str, Method]] = {
    f"batches of {_BATCH} with ON CONFLICT": _in_batches,
    "the same, in the executor alone": _executed,
    "COPY": _by_copy,
    "copy_readings": _by_copy_readings,
}
