"""Many readings at once: copied in, or merged with those that are there.

Everything runs in the caller's transaction: all of the readings are in it, or none.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ARRAY, Text, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import insert

from dataforeman_schema.tsdb.telemetry import TagValue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection, Insert
    from sqlalchemy.ext.asyncio import AsyncConnection

BATCH: Final = 10_000
"""How many readings a statement of `upsert_readings` takes."""


class Reading(NamedTuple):
    """One reading of a tag, as `TagValue` describes it.

    Attributes:
        connection_id: Connection that the tag was read through.
        tag_id: Tag that was read.
        ts: When, with a time zone.
        quality: Quality code that the driver gave.
        v_num: Value of a number or, 0 or 1, of a boolean.
        v_text: Value of a text.
        v_json: Value of an array or structure.
    """

    connection_id: UUID
    tag_id: int
    ts: datetime
    quality: int | None = None
    v_num: float | None = None
    v_text: str | None = None
    v_json: Any | None = None


_COPY: Final = f"COPY tag_values ({', '.join(Reading._fields)}) FROM STDIN"
_KEY: Final = Reading._fields[:3]
_VALUES: Final = Reading._fields[3:]
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"},
)
_BEGIN: Final = text("SELECT 1")  # with which the transaction of every driver begins
_COUNTED: Final = {"preserve_rowcount": True}
_LINES: Final = 1_000  # a part that is sent


def copy_readings(connection: Connection, readings: Iterable[Reading]) -> int:
    """Copy readings in, by COPY: the fastest way, where all of them are new.

    Args:
        connection: A connection by psycopg2 or Psycopg 3; a session's is
            ``session.connection()``.
        readings: The readings, which are read as they are sent.

    Returns:
        How many were copied.

    Raises:
        ValueError: A time has no time zone.
        Exception: The driver's own, such as ``UniqueViolation``: a reading is there
            already, or cannot be one. The transaction must be rolled back.
    """
    lines = _Lines(readings)
    connection.execute(_BEGIN)
    cursor = connection.connection.cursor()
    if hasattr(cursor, "copy_expert"):
        with lines.own_errors():
            cursor.copy_expert(_COPY, lines)
    else:
        with cursor.copy(_COPY) as copy:
            for part in lines:
                copy.write(part)
    return lines.count


async def copy_readings_async(
    connection: AsyncConnection, readings: Iterable[Reading]
) -> int:
    """Copy readings in, as `copy_readings` does, by Psycopg 3 or asyncpg."""
    lines = _Lines(readings)
    await connection.execute(_BEGIN)
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if hasattr(driver, "copy_to_table"):
        columns = {"columns": Reading._fields, "format": "text"}
        await driver.copy_to_table("tag_values", source=_encoded(lines), **columns)
    else:
        async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            for part in lines:
                await copy.write(part)
    return lines.count


def upsert_readings(
    connection: Connection, readings: Iterable[Reading], *, replace: bool = True
) -> int:
    """Insert readings; those that are there already are replaced, or stay.

    Of several with one connection, tag and time the last counts.

    Args:
        connection: A connection by any driver; a session's is
            ``session.connection()``.
        readings: The readings, which are sent by the `BATCH`.
        replace: Whether the values of a reading that is there are replaced.

    Returns:
        How many were inserted or replaced.

    Raises:
        ValueError: A time has no time zone.
        sqlalchemy.exc.DBAPIError: One cannot be a reading.
    """
    statement = _upsert(replace=replace)
    return sum(
        connection.execute(statement, batch, execution_options=_COUNTED).rowcount
        for batch in _batches(readings)
    )


async def upsert_readings_async(
    connection: AsyncConnection, readings: Iterable[Reading], *, replace: bool = True
) -> int:
    """Insert readings, as `upsert_readings` does."""
    statement = _upsert(replace=replace)
    written = 0
    for batch in _batches(readings):
        result = await connection.execute(statement, batch, execution_options=_COUNTED)
        written += result.rowcount
    return written


class _Lines:
    """Readings in COPY's text format: a file to read from, and its parts."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._lines = map(_line, readings)
        self.count = 0
        self._error: Exception | None = None

    def read(self, _size: int = -1) -> str:
        """Read the next part; nothing at the end."""
        try:
            lines = list(islice(self._lines, _LINES))
        except Exception as error:
            self._error = error
            raise
        self.count += len(lines)
        return "".join(lines)

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """Raise what reading raises, of which psycopg2 tells in its own words only."""
        try:
            yield
        except Exception:
            if self._error:
                raise self._error from None
            raise

    def __iter__(self) -> Iterator[str]:
        return iter(self.read, "")


async def _encoded(lines: _Lines) -> AsyncIterator[bytes]:
    for part in lines:
        yield part.encode()


def _line(reading: Reading) -> str:
    return "\t".join(map(_field, _values(reading))) + "\n"


def _field(value: object) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPES)


def _batches(readings: Iterable[Reading]) -> Iterator[dict[str, list[Any]]]:
    rest = iter(readings)
    while batch := {each[:3]: _values(each) for each in islice(rest, BATCH)}:
        columns = map(list, zip(*batch.values(), strict=True))
        yield dict(zip(Reading._fields, columns, strict=True))


def _values(reading: Reading) -> Reading:
    """Check a reading, and write its structure as JSON."""
    if reading.ts.tzinfo is None:
        raise ValueError(f"{reading.ts} has no time zone, so nobody knows when it is")
    if reading.v_json is None:
        return reading
    return reading._replace(v_json=json.dumps(reading.v_json))


def _upsert(*, replace: bool) -> Insert:
    columns = TagValue.__table__.c
    types = {name: columns[name].type for name in Reading._fields} | {"v_json": Text()}
    arrays = [cast(bindparam(name), ARRAY(type_)) for name, type_ in types.items()]
    rows = func.unnest(*arrays).table_valued(*types, name="new").render_derived()
    values = [cast(rows.c[name], columns[name].type) for name in Reading._fields]
    statement = insert(TagValue).from_select(list(Reading._fields), select(*values))
    if not replace:
        return statement.on_conflict_do_nothing(index_elements=_KEY)
    excluded = {name: statement.excluded[name] for name in _VALUES}
    return statement.on_conflict_do_update(index_elements=_KEY, set_=excluded)
