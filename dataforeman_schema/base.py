"""The two declarative bases, one a database, and the names their objects get."""

from sqlalchemy import MetaData, inspect
from sqlalchemy.orm import DeclarativeBase

from dataforeman_schema.types import TYPE_MAP

NAMING_CONVENTION = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}
"""The names that PostgreSQL itself gives to objects created without one.

A check is named after its column (``name="time_mode"``); table and suffix come from
here. PostgreSQL cuts names at 63 bytes: give a longer one a name of your own.
"""


class _Readable:
    """Show an object by its class and primary key."""

    def __repr__(self) -> str:
        """Return the key as it is in memory, without a query."""
        state = inspect(self)
        keys = (attribute.key for attribute in state.mapper.primary_key)
        values = ", ".join(f"{key}={state.dict.get(key)!r}" for key in keys)
        return f"{type(self).__name__}({values})"


class MetaBase(_Readable, DeclarativeBase):
    """Base of the models in the metadata database (plain PostgreSQL)."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPE_MAP
    # What the server sets (defaults, triggers) returns with the statement itself:
    # with asyncio there is no later, implicit query.
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - read, never changed


class TsdbBase(_Readable, DeclarativeBase):
    """Base of the models in the telemetry database (TimescaleDB)."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPE_MAP
