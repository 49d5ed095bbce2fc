"""What all messages share: closed objects, and JSON's own types."""

from __future__ import annotations

import re
from datetime import datetime
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
)

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

_Value = TypeVar("_Value")
_HOUR: Final = r"([01]\d|2[0-3]):[0-5]\d"
_RFC_3339: Final = re.compile(
    rf"\d{{4}}-\d\d-\d\dT{_HOUR}:[0-5]\d(\.\d+)?(Z|[+-]{_HOUR})", re.ASCII
)


class _NotNull:
    """Takes what a type takes beside None."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        [given] = (each for each in get_args(source) if each is not NoneType)
        return handler.generate_schema(given)


def _is_none(value: object) -> bool:
    return value is None


def _read(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _RFC_3339.fullmatch(value):
        raise ValueError("no RFC 3339 date-time, such as 2026-01-31T12:00:00Z")
    return datetime.fromisoformat(value)


def _whole(value: object) -> object:
    # To JSON Schema 1.0 is an integer, too.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Omittable = Annotated[_Value | None, _NotNull(), Field(exclude_if=_is_none)]
"""A field that may be left out; then it is None here, and never null in JSON."""

DateTime = Annotated[AwareDatetime, BeforeValidator(_read)]
"""A point in time with its offset."""

Integer = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Port = Annotated[int, Field(ge=1, le=65535), BeforeValidator(_whole)]
Number = Annotated[float, Field(ge=0)]
Identifier = Annotated[str, Field(min_length=1)]
Value = int | float | str | bool
"""What a tag is read as or set to."""

DriverName = Literal["opcua-client", "opcua-server", "s7", "eip"]
"""A type of connection that has a driver: all but system."""


class Closed(BaseModel):
    """An object that has no other fields than these."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # it may be a password
        serialize_by_alias=True,
    )


class Message(Closed):
    """A message; `model_validate_json` reads one, `model_dump_json` writes it."""

    ts: DateTime
