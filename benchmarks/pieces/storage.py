"""How many bytes a reading takes, indexes and all, before and in the columnstore."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks.comparison import Contrast
from benchmarks.loading import convert, load
from benchmarks.schemes import FOUR, INSTALLED, OURS, SCHEMES, connected_to, use

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

_IN_ROWS: Final = "row chunks"
_IN_COLUMNS: Final = "columnstore"
_OF_FOUR: Final = 0.73
_SMALLER: Final = 20
_SIZE: Final = (
    "SELECT hypertable_size('tag_values')::float / (SELECT count(*) FROM tag_values)"
)


def run(bench: Bench) -> None:
    """Compare the schemes, and our table before and after."""
    settings = load(bench)
    ways = {scheme: partial(_size, settings, scheme) for scheme in SCHEMES}
    once = partial(bench.compare, unit="bytes/row", rounds=1, warm_up=False)
    contrasts = Contrast(OURS, FOUR, at_most=_OF_FOUR), Contrast(OURS, INSTALLED)
    once("a reading in row chunks", ways, *contrasts)
    before = _size(settings, OURS)
    convert(settings)
    both = {_IN_ROWS: lambda: before, _IN_COLUMNS: lambda: _size(settings, OURS)}
    smaller = Contrast(_IN_ROWS, _IN_COLUMNS, at_least=_SMALLER)
    once("a reading before and after", both, smaller)


def _size(settings: ConnectionSettings, scheme: str) -> float:
    with connected_to(settings) as connection:
        use(connection, scheme)
        return float(connection.exec_driver_sql(_SIZE).scalar_one())
