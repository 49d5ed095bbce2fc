"""The JSON Schemas of the messages, tripped constraint by constraint."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.messages.fixtures import (
    FIXTURES,
    INVALID,
    SCHEMAS,
    VALID,
    constraints,
    is_valid,
    without,
)


def subschemas(schema: object) -> list[dict[str, Any]]:
    """List an object schema and all within it."""
    if isinstance(schema, list):
        return [inner for each in schema for inner in subschemas(each)]
    if not isinstance(schema, dict):
        return []
    return [schema, *subschemas(list(schema.values()))]


def test_messages() -> None:
    """There are the four messages, each under its own name."""
    assert sorted(SCHEMAS) == [
        "connectivity.config@v1",
        "connectivity.status@v1",
        "telemetry.batch@v1",
        "telemetry.write@v1",
    ]


@pytest.mark.parametrize("message", SCHEMAS)
def test_schema(message: str) -> None:
    """Each is a schema of the draft that it names, and says which message it is of."""
    schema = SCHEMAS[message]
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"] == {"const": message}


@pytest.mark.parametrize("message", SCHEMAS)
def test_closed(message: str) -> None:
    """Every object is closed but for the options of a driver."""
    objects = [s for s in subschemas(SCHEMAS[message]) if s.get("type") == "object"]
    opened = [s for s in objects if s.get("additionalProperties") is not False]
    has_options = message == "connectivity.config@v1"
    assert opened == [{"type": "object"}] * has_options


def test_number_of_fixtures() -> None:
    """There are enough messages to judge by."""
    assert len(VALID) >= 10
    assert len(INVALID) >= 40


@pytest.mark.parametrize(("message", "case"), VALID)
def test_valid(message: str, case: object) -> None:
    """A valid message is accepted."""
    assert is_valid(SCHEMAS[message], case)


@pytest.mark.parametrize("message", SCHEMAS)
def test_every_constraint_is_tripped(message: str) -> None:
    """Each constraint of a schema has an invalid message, and no other has one."""
    assert sorted(FIXTURES[message]["invalid"]) == sorted(constraints(SCHEMAS[message]))


@pytest.mark.parametrize(("message", "constraint", "case"), INVALID)
def test_invalid(message: str, constraint: str, case: object) -> None:
    """An invalid message is refused for the one constraint that it names."""
    schema = SCHEMAS[message]
    assert not is_valid(schema, case)
    assert is_valid(without(schema, constraint), case)
