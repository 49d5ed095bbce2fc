"""The JSON Schemas of the messages, and what they say of one field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from dataforeman_schema.packaging import message_schemas

if TYPE_CHECKING:
    from pathlib import Path

Schema = dict[str, Any]

_NO_SCHEMA: Final[Schema] = {}


def read_schemas() -> dict[str, Schema]:
    """Read the schemas by the names of their messages, such as telemetry.batch@v1."""
    found = sorted(message_schemas().glob("*.schema.json"))
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in found]
    return {schema["$id"]: schema for schema in schemas}


def schema_file(message: str) -> Path:
    """Name the file of a message's schema."""
    return message_schemas() / f"{message.replace('@', '.')}.schema.json"


def find_field(schema: Schema, path: str) -> tuple[Schema, bool] | None:
    """Find the schema of a field.

    Args:
        schema: That of the message.
        path: Where the field is, as `points[].q`.

    Returns:
        Its schema, and whether the object that it is in must have it; None if the
        message has no such field.
    """
    is_required = False
    for step in path.split("."):
        name = step.removesuffix("[]")
        if name not in schema.get("properties", _NO_SCHEMA):
            return None
        is_required = name in schema.get("required", ())
        schema = schema["properties"][name]
        if step.endswith("[]"):
            schema, is_required = schema.get("items", _NO_SCHEMA), False
    return schema, is_required
