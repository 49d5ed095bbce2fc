"""Column types that the models share.

An annotation names one of them (``Mapped[uuid_pk]``); what only one column knows,
its comment above all, stays in that column's ``mapped_column()``.
"""

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, get_args
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Double,
    Integer,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeEngine

from dataforeman_schema.mutable import MutableValue


def json_value() -> TypeEngine[Any]:
    """Make the type of a jsonb column, whose changes in place are written.

    A dict or a list tells of its own changes, not of those of what it holds: assign a
    nested value anew, ``tag.metadata_["limits"] = {**limits, "high": 9}``.
    """
    return MutableValue.as_mutable(JSONB(none_as_null=True))


TYPE_MAP = {
    UUID: Uuid(),
    datetime: DateTime(timezone=True),
    dict[str, Any]: json_value(),
    float: Double(),
    str: Text(),
}
"""The PostgreSQL type of a plain annotation (``Mapped[str]`` is text).

None in a jsonb column is SQL NULL; write JSON's null as ``sqlalchemy.JSON.NULL``.
"""

uuid_pk = Annotated[
    UUID, mapped_column(primary_key=True, server_default=func.gen_random_uuid())
]
"""Primary key that the server draws at random."""

serial_pk = Annotated[int, mapped_column(Integer, primary_key=True)]
"""Primary key from the table's own sequence."""

bool_false = Annotated[bool, mapped_column(server_default=text("false"))]
"""A switch that is off unless set."""

bool_true = Annotated[bool, mapped_column(server_default=text("true"))]
"""A switch that is on unless set."""

jsonb_object = Annotated[dict[str, Any], mapped_column(server_default=text("'{}'"))]
"""A JSON object, empty unless set; see `json_value` for what it holds itself."""

inet = Annotated[str | IPv4Address | IPv6Address, mapped_column(INET)]
"""An IP address: read as str by psycopg2, as an ipaddress object by psycopg 3."""

timestamp_now = Annotated[datetime, mapped_column(server_default=func.now())]
"""A point in time (timestamptz): the start of the inserting transaction unless set."""

timestamp_touched = Annotated[
    datetime, mapped_column(server_default=func.now(), onupdate=func.now())
]
"""A point in time (timestamptz) that every UPDATE through the ORM moves to now."""


def one_of(column: str, values: object) -> CheckConstraint:
    """Build the check that a text column holds one of a set of values.

    Args:
        column: Name of the column; the constraint is named after it.
        values: A ``typing.Literal`` of strings.

    Returns:
        A constraint that accepts the values of ``values`` and NULL, and has them in
        its ``info``, by "values".
    """
    info = {"values": get_args(values)}
    allowed = ", ".join(f"'{value}'" for value in info["values"])
    return CheckConstraint(f"{column} IN ({allowed})", name=column, info=info)
