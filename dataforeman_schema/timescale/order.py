"""The order of rows in the columnstore, as text and typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .ddl import identifier
from .errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TERM: Final = re.compile(
    r"""\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<plain>[^\s",]+))
        (?:\s+(?P<direction>ASC|DESC))?
        (?:\s+NULLS\s+(?P<nulls>FIRST|LAST))?\s*(?:,|$)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class OrderBy:
    """A column by which the columnstore orders rows.

    Attributes:
        column: The column's name in the database.
        descending: Whether the greatest comes first.
        nulls_first: Whether nulls come before everything else. None means what SQL
            means: first when descending, last when ascending.
    """

    column: str
    descending: bool = False
    nulls_first: bool | None = None

    @property
    def nulls_come_first(self) -> bool:
        """Whether nulls come first, said or not."""
        return self.descending if self.nulls_first is None else self.nulls_first

    def __str__(self) -> str:
        text = identifier(self.column) + (" DESC" if self.descending else "")
        if self.nulls_come_first is self.descending:
            return text
        return f"{text} NULLS {'FIRST' if self.nulls_come_first else 'LAST'}"


def parse_order(text: str) -> tuple[OrderBy, ...]:
    """Read an order as SQL writes it.

    Args:
        text: Columns between commas, each with its direction and place of nulls, such
            as ``ts DESC, "Room" NULLS FIRST``.

    Returns:
        The columns.

    Raises:
        DeclarationError: It is no such order.
    """
    terms: list[OrderBy] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise DeclarationError(f"{text!r} is not a list of columns to order by")
        terms.append(_term(match))
        position = match.end()
    return tuple(terms)


def typed_order(
    order_by: Sequence[OrderBy | str] | None,
) -> tuple[OrderBy, ...] | None:
    """Read an order in which texts and typed terms are mixed.

    Args:
        order_by: The declared order.

    Returns:
        The terms, written in one way only; None if no order is declared.

    Raises:
        DeclarationError: A text is no order.
    """
    if order_by is None:
        return None
    return tuple(term for item in order_by for term in parse_order(str(item)))


def with_time(order: tuple[OrderBy, ...], time_column: str) -> tuple[OrderBy, ...]:
    """Add the time column where it is missing, as TimescaleDB does.

    Args:
        order: The declared order.
        time_column: The hypertable's time column.

    Returns:
        An order that contains the time column.
    """
    if any(term.column == time_column for term in order):
        return order
    return (*order, OrderBy(time_column, descending=True))


def _term(match: re.Match[str]) -> OrderBy:
    quoted, plain = match["quoted"], match["plain"]
    column = quoted.replace('""', '"') if quoted else plain
    nulls = None if match["nulls"] is None else match["nulls"].upper() == "FIRST"
    descending = (match["direction"] or "").upper() == "DESC"
    canonical = None if nulls is descending else nulls
    return OrderBy(column, descending, canonical)
