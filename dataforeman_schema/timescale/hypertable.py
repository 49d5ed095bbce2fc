"""Hypertables: tables partitioned into chunks by time, and optionally by hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ddl import Call, extension_call, regclass, string
from .declaration import TableDeclaration, registry
from .errors import DeclarationError
from .feature_state import FeatureState
from .interval import Span, optional_literal
from .partitioning import HashDimension, add_dimension
from .plain_table import BecomePlainTable
from .validate import check_hypertable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from .ddl import Statement


@dataclass(frozen=True)
class Hypertable(TableDeclaration, FeatureState):
    """Declares that a table is a hypertable.

    Attributes:
        time_column: The column by which rows are spread over chunks: ``timestamptz``,
            ``timestamp``, ``date``, an integer, or ``uuid`` (version 7, where the
            server can), not null.
        chunk_interval: The span of new chunks, in the column's unit where that is an
            integer. None leaves it to the server and is never compared.
        hash_dimensions: Further dimensions; ``()`` is none, None is never compared.
        default_indexes: Whether TimescaleDB makes its own index; never compared.

    Raises:
        DeclarationError: When the table is complete: a column is unknown or of the
            wrong type, a key lacks a partitioning column, or a span does not suit.
    """

    time_column: str
    chunk_interval: Span | None = None
    hash_dimensions: Sequence[HashDimension] | None = None
    default_indexes: bool = True

    rank = 1
    noun = "hypertable"

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        check_hypertable(table, self)

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what makes a hypertable of a new table."""
        return self.addition(name, schema)

    @property
    def dimensions(self) -> list[str]:
        """The columns that partition it, the time column first."""
        return [self.time_column, *(it.column for it in self.hash_dimensions or ())]

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this hypertable."""
        hashed = [tuple(dimension) for dimension in self.hash_dimensions or ()]
        return {
            "time_column": self.time_column,
            "chunk_interval": self.chunk_interval,
            "hash_dimensions": hashed or None,
            "default_indexes": None if self.default_indexes else False,
        }

    def addition(
        self, name: str, schema: str | None, *, migrate_data: bool = False
    ) -> list[Statement]:
        """Say what makes a hypertable of a plain table."""
        span = optional_literal(self.chunk_interval)
        by_range = [string(self.time_column), *([span] if span else [])]
        create = Call(
            "SELECT",
            "create_hypertable",
            regclass(name, schema),
            extension_call("by_range", *by_range),
            create_default_indexes="true" if self.default_indexes else "false",
            migrate_data="true" if migrate_data else None,
        )
        hashed = self.hash_dimensions or ()
        return [create, *(add_dimension(name, schema, item) for item in hashed)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what makes a plain table of the hypertable, with all of its rows."""
        column = self.time_column if self.default_indexes else None
        return [BecomePlainTable(name, schema, column)]


def hypertable_of(table: Table, feature: str) -> Hypertable:
    """Find the hypertable that a table declares, for what needs one.

    Args:
        table: The table.
        feature: Who needs it, for the message.

    Returns:
        The declaration.

    Raises:
        DeclarationError: The table declares no hypertable.
    """
    declared = registry(table.metadata).present(table, Hypertable)
    if declared is None:
        raise DeclarationError(
            f"{table.name}: {feature} needs a Hypertable declared on the same table"
        )
    return declared
