"""Checks of declarations against the table they are written on, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from .declaration import DeclarationError
from .interval import Span, is_positive, nominal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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


def check_partitioning(table: Table, time_column: str) -> None:
    """Refuse a time column of which TimescaleDB could not make chunks.

    Args:
        table: The table.
        time_column: The column by which rows are spread over chunks.

    Raises:
        DeclarationError: Its type is no time and no integer, or it may be null.
    """
    column = _column(table, time_column)
    if not isinstance(_plain_type(column), (DateTime, Date, Integer)):
        raise DeclarationError(
            f"{table.name}: the time column {time_column} is {column.type!r}; "
            "a hypertable needs timestamptz, timestamp, date or an integer"
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


def check_span(table: Table, time_column: str, label: str, span: Span) -> None:
    """Refuse a span that does not suit the time column.

    Args:
        table: The table.
        time_column: The column by which rows are spread over chunks.
        label: What the span is for, for the message.
        span: The span.

    Raises:
        DeclarationError: It is not positive; or a number for a time column; or a time
            for an integer column; or no whole days for a date.
    """
    kind = _plain_type(_column(table, time_column))
    if not is_positive(span):
        raise DeclarationError(f"{table.name}: {label} must be positive, not {span!r}")
    if isinstance(span, int) != isinstance(kind, Integer):
        wanted = "an integer" if isinstance(kind, Integer) else "a timedelta or Months"
        raise DeclarationError(
            f"{table.name}: {label} is {span!r}, but for the time column {time_column} "
            f"({kind!r}) it must be {wanted}"
        )
    length = nominal(span)
    if isinstance(kind, Date) and length % timedelta(days=1):  # type: ignore[operator]
        raise DeclarationError(
            f"{table.name}: {label} must be whole days for a date column, not {span!r}"
        )


def _column(table: Table, name: str) -> Column[Any]:
    return next(column for column in table.columns if column.name == name)


def _plain_type(column: Column[Any]) -> TypeEngine[Any]:
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
