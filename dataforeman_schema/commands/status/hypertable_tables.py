"""Tables of hypertables: what they are, what they take, what was written, chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.status.drawing import drawing
from dataforeman_schema.commands.status.words import (
    moment,
    rate,
    ratio,
    size,
    some_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from dataforeman_schema.commands.status.state import Status


def hypertables(status: Status) -> Iterator[Table]:
    """Draw the hypertables of a database, few columns at a time."""
    yield _settings(status)
    yield _sizes(status)
    yield _readings(status)
    yield _chunks(status)


def _settings(status: Status) -> Table:
    numbers = ("chunks", "size")
    table = drawing(
        "hypertable",
        "by",
        "chunk interval",
        *numbers,
        "columnstore",
        "policies",
        numbers=numbers,
    )
    for each in status.hypertables:
        table.add_row(
            each.name,
            each.time_column,
            each.chunk_interval,
            str(each.chunks),
            size(each.bytes),
            "on" if each.columnstore else "off",
            "\n".join(each.policies),
        )
    return table


def _sizes(status: Status) -> Table:
    numbers = ("chunks", "before", "after", "ratio", "a day", "stays")
    table = drawing("columnstore of", *numbers, numbers=numbers)
    for each in status.hypertables:
        if each.chunks:
            table.add_row(
                each.name,
                str(each.columnstore_chunks),
                size(each.columnstore_before_bytes),
                size(each.columnstore_bytes),
                ratio(each.columnstore_ratio),
                some_bytes(each.written_bytes_per_day),
                some_bytes(each.growth_bytes_per_day),
            )
    return table


def _readings(status: Status) -> Table:
    table = drawing("rows of", "oldest", "newest", "last hour", numbers=("last hour",))
    for each in status.hypertables:
        if each.chunks:
            table.add_row(
                each.name,
                moment(each.oldest_reading),
                moment(each.newest_reading),
                rate(each.rows_per_second),
            )
    return table


def _chunks(status: Status) -> Table:
    numbers = ("size", "before")
    table = drawing("newest chunk", "from", "to", *numbers, numbers=numbers)
    for each in status.hypertables:
        for chunk in each.newest_chunks:
            table.add_row(
                chunk.name,
                chunk.begin,
                chunk.end,
                size(chunk.bytes),
                size(chunk.before_bytes) if chunk.before_bytes else "-",
            )
    return table
