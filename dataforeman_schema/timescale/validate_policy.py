"""The check of a policy's age, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer

from .declaration import registry
from .errors import DeclarationError
from .hypertable import hypertable_of
from .integer_now import IntegerNow
from .validate import check_span, column_of, plain_type

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .interval import TunableSpan


def check_policy_span(
    table: Table, feature: str, label: str, span: TunableSpan
) -> None:
    """Refuse a policy on a plain table, or one whose span does not suit it.

    Args:
        table: The table.
        feature: Who declares the span, for the message.
        label: What the span is called there.
        span: The span.

    Raises:
        DeclarationError: The table declares no hypertable, or the span is wrong.
    """
    time_column = hypertable_of(table, feature).time_column
    check_span(table, time_column, f"{label} of {feature}", span, whole_days=False)
    is_integer = isinstance(plain_type(column_of(table, time_column)), Integer)
    if is_integer and registry(table.metadata).present(table, IntegerNow) is None:
        raise DeclarationError(
            f"{table.name}: {feature} on the integer column {time_column} needs an "
            "IntegerNow on the same table: which function says what is now?"
        )
