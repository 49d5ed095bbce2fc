"""What of an adopted database may stay other than our revisions make it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, MetaData, Table, Text, inspect, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateSchema

from dataforeman_schema.catalog.comparison import Accepted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

SET_ASIDE: Final = "set_aside"
"""The schema that takes what is not needed and not dropped, and what adoption keeps."""

_ACCEPTED: Final = Table(
    "accepted_differences",
    MetaData(schema=SET_ASIDE),
    Column("kind", Text),
    Column("name", Text),
    Column("live", JSONB(none_as_null=True)),
    Column("expected", JSONB(none_as_null=True)),
    comment="What dataforeman-schema adopt left as it is.",
)


def keep_accepted(connection: Connection, accepted: Sequence[Accepted]) -> None:
    """Write down differences that are accepted, in the caller's transaction."""
    if not accepted:
        return
    connection.execute(CreateSchema(SET_ASIDE, if_not_exists=True))
    _ACCEPTED.create(connection)
    connection.execute(_ACCEPTED.insert(), [each._asdict() for each in accepted])


def read_accepted(connection: Connection) -> list[Accepted]:
    """Read which differences were accepted."""
    if not _is_there(connection):
        return []
    return [Accepted(*row) for row in connection.execute(select(_ACCEPTED))]


def forget_accepted(connection: Connection) -> None:
    """Accept nothing any more, in the caller's transaction."""
    if _is_there(connection):
        _ACCEPTED.drop(connection)


def _is_there(connection: Connection) -> bool:
    return inspect(connection).has_table(_ACCEPTED.name, SET_ASIDE)
