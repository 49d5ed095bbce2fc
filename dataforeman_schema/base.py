"""The two declarative bases, one a database, and the names their objects get."""

from functools import cache
from typing import Any

from sqlalchemy import MetaData, inspect
from sqlalchemy.orm import DeclarativeBase, MappedColumn, Mapper

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


class _Model:
    """What models have beside their columns: strict names, and a readable form."""

    def __init_subclass__(cls, **options: object) -> None:
        """Let each column's comment be the docstring of its attribute, too."""
        for attribute in vars(cls).values():
            if isinstance(attribute, MappedColumn):
                attribute.column.doc = attribute.column.comment
        super().__init_subclass__(**options)

    def __init__(self, **values: object) -> None:
        """Take values by the names of attributes.

        Raises:
            TypeError: One is the name of no attribute.
        """
        for name, value in values.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute that the model has, and nothing that would not be written.

        Raises:
            TypeError: It is no attribute of the model, which none of its columns has
                for a name; `metadata` is one of the tables, not of the row.
        """
        mapper = inspect(type(self))
        if not name.startswith("_") and name not in _settable(mapper):
            raise TypeError(_unknown(mapper, name))
        super().__setattr__(name, value)

    @property
    def awaitable_attrs(self) -> Any:  # noqa: ANN401 - the attributes, to be awaited
        """The attributes, each to be awaited, which loads it: see `AsyncAttrs`."""
        from sqlalchemy.ext.asyncio import AsyncAttrs  # noqa: PLC0415 - an extra's

        return AsyncAttrs.awaitable_attrs.fget(self)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        """Return the key as it is in memory, without a query."""
        state = inspect(self)
        keys = (attribute.key for attribute in state.mapper.primary_key)
        values = ", ".join(f"{key}={state.dict.get(key)!r}" for key in keys)
        return f"{type(self).__name__}({values})"


@cache
def _settable(mapper: Mapper[Any]) -> frozenset[str]:
    """Name what can be set: what is mapped, and properties that have a setter."""
    return frozenset(mapper.all_orm_descriptors.keys()) | {
        name
        for each in mapper.class_.__mro__
        for name, found in vars(each).items()
        if isinstance(found, property) and found.fset
    }


def _unknown(mapper: Mapper[Any], name: str) -> str:
    """Say that a model has no such attribute, and which one may be meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - of mistakes only

    renamed = [
        attribute.key
        for attribute in mapper.column_attrs
        if attribute.columns[0].name == name
    ]
    alike = renamed or get_close_matches(name, _settable(mapper), 1)
    hint = f"; did you mean {alike[0]}?" if alike else ""
    return f"{mapper.class_.__name__} has no attribute {name}{hint}"


class MetaBase(_Model, DeclarativeBase):
    """Base of the models in the metadata database (plain PostgreSQL)."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPE_MAP
    # What the server sets (defaults, triggers) returns with the statement itself:
    # with asyncio there is no later, implicit query.
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - read, never changed


class TsdbBase(_Model, DeclarativeBase):
    """Base of the models in the telemetry database (TimescaleDB)."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPE_MAP
