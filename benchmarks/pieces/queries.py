"""How long the application's queries take, under our indexes and under others."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from benchmarks.comparison import Contrast, timed
from benchmarks.loading import convert, load
from benchmarks.readings import BEGIN, STEP, TAGS, connection_of
from benchmarks.schemes import FOUR, INSTALLED, OURS, SCHEMES, connected_to, use

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

_AT_ONCE: Final = 10  # executions that a sample times, each of another tag
_HOUR: Final = timedelta(hours=1)
_RANGE: Final = "ts >= :begin AND ts < :end"
QUERIES: Final = {
    "latest by tag": "SELECT * FROM tag_values WHERE tag_id = :tag"
    " ORDER BY ts DESC LIMIT 1",
    "range by tag": f"SELECT ts, v_num FROM tag_values WHERE tag_id = :tag AND {_RANGE}"
    " ORDER BY ts",
    "range by connection and tag": "SELECT ts, v_num FROM tag_values"
    f" WHERE connection_id = :connection AND tag_id = :tag AND {_RANGE} ORDER BY ts",
    "averages over a day": "SELECT time_bucket('15 min', ts) AS b, avg(v_num)"
    " FROM tag_values WHERE tag_id = :tag AND ts >= :day AND ts < :next"
    " GROUP BY b ORDER BY b",
    "count by tag": "SELECT count(*) FROM tag_values WHERE tag_id = :tag",
    "newest": "SELECT max(ts) FROM tag_values",
    "exists": "SELECT EXISTS (SELECT FROM tag_values WHERE connection_id = :connection"
    " AND tag_id = :tag AND ts = :begin)",
    "delete by tag and range": "DELETE FROM tag_values WHERE tag_id = :tag"
    f" AND {_RANGE}",
}
"""What charts, the core API and its cleaning ask."""


def run(bench: Bench) -> None:
    """Compare the schemes by each query, in row chunks and in the columnstore."""
    settings = load(bench)
    span = bench.size.rows // TAGS * STEP
    _compare(bench, settings, span, "row chunks")
    convert(settings)
    _compare(bench, settings, span, "columnstore")


def _compare(
    bench: Bench, settings: ConnectionSettings, span: timedelta, storage: str
) -> None:
    contrasts = Contrast(OURS, FOUR, at_most=1.0), Contrast(OURS, INSTALLED)
    asked = [_arguments(number, span) for number in range(_AT_ONCE)]
    with connected_to(settings) as connection:
        for name, query in QUERIES.items():
            ways = {
                scheme: partial(_measure, connection, scheme, query, asked)
                for scheme in SCHEMES
            }
            bench.compare(f"{name}, {storage}", ways, *contrasts)


def _arguments(number: int, span: timedelta) -> dict[str, Any]:
    """Name a tag and an hour, the same in every run, over all that is there."""
    tag = 1 + 29 * number % TAGS
    minutes = round(span / STEP * (number + 0.5) / _AT_ONCE)
    begin = BEGIN + minutes * STEP
    return {
        "tag": tag,
        "connection": connection_of(tag),
        "begin": begin,
        "end": begin + _HOUR,
        "day": BEGIN,
        "next": BEGIN + 24 * _HOUR,
    }


def _measure(
    connection: Connection, scheme: str, query: str, asked: list[dict[str, Any]]
) -> float:
    """Return the seconds of an execution; what it deleted comes back."""
    use(connection, scheme)
    statement = text(query)

    def ask() -> None:
        for arguments in asked:
            result = connection.execute(statement, arguments)
            if result.returns_rows:
                result.all()

    seconds = timed(ask)
    connection.rollback()
    return seconds / len(asked)
