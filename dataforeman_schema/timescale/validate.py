"""What checks of declarations share, and those of hypertables, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from .declaration import Unmanaged
from .errors import DeclarationError
from .interval import TunableSpan, is_positive, nominal, untuned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .hypertable import Hypertable


_DAY = timedelta(days=1)
_MOST_PARTITIONS = 32767


def check_hypertable(table: Table, declared: Hypertable) -> None:
    """Refuse a hypertable that TimescaleDB could not make of the table.

    Args:
        table: The complete table.
        declared: The declaration.

    Raises:
        DeclarationError: It could not; the message says why.
    """
    time_column, hashed = declared.time_column, declared.hash_dimensions or ()
    partitioning = [time_column, *(dimension.column for dimension in hashed)]
    check_columns(table, "Hypertable", partitioning)
    check_time_column(table, time_column)
    check_unique_keys(table, partitioning)
    for index in table.indexes:
        check_index(index)
    if declared.chunk_interval is not None:
        check_span(table, time_column, "chunk_interval", declared.chunk_interval)
    for column, partitions in hashed:
        if not 1 <= partitions <= _MOST_PARTITIONS:
            raise DeclarationError(
                f"{table.name}: {partitions} partitions of {column} are not between 1 "
                f"and {_MOST_PARTITIONS}"
            )


def check_index(index: Index) -> None:
    """Refuse an index that TimescaleDB could not make on a hypertable.

    Args:
        index: The index.

    Raises:
        DeclarationError: It is declared to be made ``CONCURRENTLY``.
    """
    if index.dialect_options["postgresql"]["concurrently"]:
        table = "" if index.table is None else f"{index.table.name}: "
        raise DeclarationError(
            f"{table}the index {index.name} cannot be made CONCURRENTLY on a "
            "hypertable; leave postgresql_concurrently out, for a revision makes it "
            "chunk by chunk"
        )


def check_columns(table: Table, feature: str, names: Iterable[str]) -> None:
    """Refuse columns that the table does not have, and the same column twice.

    Args:
        table: The table.
        feature: Who names the columns, for the message.
        names: The columns' names in the database.

    Raises:
        DeclarationError: A column is unknown or named twice.
    """
    known = [column.name for column in table.columns]
    seen: set[str] = set()
    for name in names:
        if name not in known:
            raise DeclarationError(
                f"{feature} of {table.name} names the unknown column {name!r}; "
                f"the table has {', '.join(known)}"
            )
        if name in seen:
            raise DeclarationError(f"{feature} of {table.name} names {name!r} twice")
        seen.add(name)


def check_time_column(table: Table, time_column: str) -> None:
    """Refuse a time column of which TimescaleDB could not make chunks.

    Args:
        table: The table.
        time_column: The column by which rows are spread over chunks.

    Raises:
        DeclarationError: Its type is no time, integer or UUID, or it may be null.
    """
    column = column_of(table, time_column)
    if not isinstance(plain_type(column), (DateTime, Date, Integer, Uuid)):
        raise DeclarationError(
            f"{table.name}: the time column {time_column} is {column.type!r}; "
            "a hypertable needs timestamptz, timestamp, date, an integer or uuid (v7)"
        )
    if column.nullable:
        raise DeclarationError(
            f"{table.name}: the time column {time_column} may be null; TimescaleDB "
            "makes it NOT NULL, so declare nullable=False"
        )


def check_unique_keys(table: Table, partitioning: list[str]) -> None:
    """Refuse primary and unique keys that chunks could not enforce.

    Args:
        table: The table.
        partitioning: The time column and the hash columns.

    Raises:
        DeclarationError: A key leaves out one of them.
    """
    for label, columns in _unique_keys(table):
        missing = [name for name in partitioning if name not in columns]
        if missing:
            raise DeclarationError(
                f"{table.name}: the {label} ({', '.join(columns)}) lacks "
                f"{', '.join(missing)}; a hypertable's unique key must contain every "
                "partitioning column"
            )


def check_span(
    table: Table,
    time_column: str,
    label: str,
    declared: TunableSpan,
    *,
    whole_days: bool = True,
) -> None:
    """Refuse a span that does not suit the time column.

    Args:
        table: The table.
        time_column: The column by which rows are spread over chunks.
        label: What the span is for, for the message.
        declared: The span, or one that operators may change.
        whole_days: Whether a date column takes whole days only.

    Raises:
        DeclarationError: It is not positive; or a number for a time column; or a time
            for an integer column; or no whole days for a date.
    """
    span, kind = untuned(declared), plain_type(column_of(table, time_column))
    if not is_positive(span):
        raise DeclarationError(f"{table.name}: {label} must be positive, not {span!r}")
    if isinstance(span, int) != isinstance(kind, Integer):
        wanted = "an integer" if isinstance(kind, Integer) else "a timedelta or Months"
        raise DeclarationError(
            f"{table.name}: {label} is {span!r}, but for the time column {time_column} "
            f"({kind!r}) it must be {wanted}"
        )
    if whole_days and isinstance(kind, Date) and nominal(span) % _DAY:  # type: ignore[operator]
        raise DeclarationError(
            f"{table.name}: {label} must be whole days for a date column, not {span!r}"
        )


def column_of(table: Table, name: str) -> Column[Any]:
    """Find a column by its name in the database.

    Args:
        table: The table, which has the column.
        name: The column's name.

    Returns:
        The column.
    """
    return next(column for column in table.columns if column.name == name)


def plain_type(column: Column[Any]) -> TypeEngine[Any]:
    """Find the type that a column has in the database.

    Args:
        column: The column.

    Returns:
        Its type, without what decorates it in Python.
    """
    kind: TypeEngine[Any] = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return kind


def _unique_keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    for constraint in table.constraints:
        names = [column.name for column in getattr(constraint, "columns", ())]
        if isinstance(constraint, PrimaryKeyConstraint) and names:
            yield "primary key", names
        elif isinstance(constraint, UniqueConstraint):
            yield "unique key", names
    for index in table.indexes:
        if index.unique:
            yield f"unique index {index.name}", [c.name for c in index.columns]


def check_positive(name: str, label: str, span: TunableSpan | Unmanaged | None) -> None:
    """Refuse a span that is not positive.

    Args:
        name: The relation.
        label: What the span is for, for the message.
        span: The span; None and unmanaged ones pass.

    Raises:
        DeclarationError: It is not positive.
    """
    if span is None or isinstance(span, Unmanaged) or is_positive(span):
        return
    raise DeclarationError(f"{name}: {label} must be positive, not {span!r}")
