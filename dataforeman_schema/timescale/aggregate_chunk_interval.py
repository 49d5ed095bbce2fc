"""The span of the chunks that keep what a continuous aggregate has materialized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chunk_interval import ChunkInterval
from .declaration import registry
from .hypertable import Hypertable
from .validate import check_positive, check_span

if TYPE_CHECKING:
    from .aggregate import ContinuousAggregate
    from .ddl import Statement
    from .interval import Span


def check_chunk_interval(declared: ContinuousAggregate) -> None:
    """Refuse a chunk interval that does not suit what the aggregate reads.

    Args:
        declared: The declaration.

    Raises:
        DeclarationError: It is not positive, or of another kind than the time column.
    """
    span = declared.chunk_interval
    if span is None:
        return
    check_positive(declared.name, "chunk_interval", span)
    tables = map(declared.metadata.tables.get, _roots(declared))
    for table in (it for it in tables if it is not None):
        base = registry(declared.metadata).present(table, Hypertable)
        named = {column.name for column in table.columns}
        if base is not None and base.time_column in named:
            label = f"chunk_interval of {declared.name}"
            check_span(table, base.time_column, label, span)


def _roots(declared: ContinuousAggregate) -> list[str]:
    return [f"{schema}.{name}" if schema else name for schema, name in declared.roots()]


def chunk_interval_addition(
    span: Span | None, name: str, schema: str | None
) -> list[Statement]:
    """Say what sets the span of the chunks of an aggregate that was just made.

    The view's own option is read as an interval even where the column is an integer.
    """
    return ChunkInterval(span).addition(name, schema)
