"""The Pydantic models of the messages, held to the JSON Schemas."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dataforeman_schema.messages import MESSAGES, ConnectivityConfig, TelemetryBatch
from tests.messages.fixtures import INVALID, SCHEMAS, VALID, is_valid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

_WORDS = {"title", "description", "default", "$schema", "$id", "$comment", "$defs"}
_BESIDE = {"allOf"}
"""What a model checks in a validator of its own, of which its schema does not tell."""

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    | st.sampled_from(["upsert", "delete", "s7", "system", "error", *SCHEMAS])
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)


def test_every_message_has_a_model() -> None:
    """Each schema has a model, and each model a schema."""
    assert MESSAGES.keys() == SCHEMAS.keys()


@pytest.mark.parametrize(("message", "case"), VALID)
def test_valid(message: str, case: object) -> None:
    """A valid message is read, and written again as it was."""
    read = MESSAGES[message].model_validate_json(json.dumps(case))
    written = json.loads(read.model_dump_json())
    assert written == case


@pytest.mark.parametrize(("message", "constraint", "case"), INVALID)
def test_invalid(message: str, constraint: str, case: object) -> None:
    """What the schema refuses is refused."""
    assert constraint
    with pytest.raises(ValidationError):
        MESSAGES[message].model_validate_json(json.dumps(case))


@pytest.mark.parametrize("message", SCHEMAS)
def test_same_schema(message: str) -> None:
    """The schema that Pydantic writes of a model is that of the message."""
    written = MESSAGES[message].model_json_schema()
    schema = {k: v for k, v in SCHEMAS[message].items() if k not in _BESIDE}
    assert plain(written, written.get("$defs", {})) == plain(schema, {})


@settings(deadline=None)
@given(st.sampled_from(VALID), st.randoms(use_true_random=False), VALUES)
def test_any_value_anywhere(
    fixture: tuple[str, Any], random: Random, value: object
) -> None:
    """Whatever stands in the place of something, schema and model agree on it."""
    message, case = fixture
    changed = deepcopy(case)
    parent, key = random.choice(list(places(changed)))
    parent[key] = value
    assert is_accepted(message, changed) == is_valid(SCHEMAS[message], changed)


def test_a_whole_number_is_an_integer() -> None:
    """1.0 is an integer to JSON Schema, so it is one to the models."""
    _, case = next(each for each in VALID if each[0] == "telemetry.batch@v1")
    text = json.dumps(case).replace('"tag_id": 7', '"tag_id": 7.0')
    assert '"tag_id": 7.0' in text
    assert is_valid(SCHEMAS["telemetry.batch@v1"], json.loads(text))
    read = TelemetryBatch.model_validate_json(text)
    assert read.points[0].tag_id == 7


def test_numbers_that_json_lacks() -> None:
    """NaN, which Python's JSON knows, is no value."""
    _, case = next(each for each in VALID if each[0] == "telemetry.batch@v1")
    with pytest.raises(ValidationError):
        TelemetryBatch.model_validate_json(json.dumps(case).replace("21.5", "NaN"))


def test_no_password_is_shown() -> None:
    """Neither an error nor a representation shows what opens a device."""
    _, case = next(c for c in VALID if c[0] == "connectivity.config@v1" if "id" in c[1])
    secret = json.dumps(case).replace("example", "hunter2")
    read = ConnectivityConfig.model_validate_json(secret)
    assert "hunter2" not in repr(read)
    with pytest.raises(ValidationError) as caught:
        ConnectivityConfig.model_validate_json(secret.replace('"pass"', '"password"'))
    assert "hunter2" not in str(caught.value)


def places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """List what can be replaced in a message: container and key."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


def is_accepted(message: str, case: object) -> bool:
    """Tell whether the model of a message takes it."""
    try:
        MESSAGES[message].model_validate_json(json.dumps(case))
    except ValidationError:
        return False
    return True


def plain(schema: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401
    """Write a schema without words and references, and its sets in order."""
    if isinstance(schema, list):
        return sorted((plain(each, definitions) for each in schema), key=str)
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        return plain(definitions[reference.removeprefix("#/$defs/")], definitions)
    found = {k: plain(v, definitions) for k, v in schema.items() if k not in _WORDS}
    return _as_ours(found)


def _as_ours(schema: dict[str, Any]) -> dict[str, Any]:
    if "const" in schema or "enum" in schema:
        schema.pop("type", None)
    if schema.get("additionalProperties") is True:
        del schema["additionalProperties"]
    if "anyOf" in schema:
        types = {each["type"] for each in schema["anyOf"]}
        return {"type": sorted(types - {"integer"})}  # every integer is a number
    return schema
