"""The JSON Schemas of what `--json` prints, and what fits them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker

from dataforeman_schema.packaging import command_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator


def schema(name: str) -> dict[str, Any]:
    """Read a schema, which is one."""
    text = (command_schemas() / f"{name}.schema.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    Draft202012Validator.check_schema(read)
    return read


def assert_fits(name: str, document: object) -> None:
    """Assert that a document has all keys of a schema, of its types, and no others."""
    closed = Draft202012Validator(_closed(schema(name)), format_checker=FormatChecker())
    errors = sorted(closed.iter_errors(document), key=lambda error: error.json_path)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def _closed(node: Any) -> Any:  # noqa: ANN401 - JSON
    """Let no object have further keys, which for programs are no error."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    return closed | ({"additionalProperties": False} if "required" in node else {})


def described(node: dict[str, Any], path: str = "") -> Iterator[str]:
    """List the keys of a schema, as the documents write them; all are required."""
    if "items" in node:
        yield from described(node["items"], f"{path}[]")
    elif "properties" in node:
        assert list(node["properties"]) == node["required"]
        for key, value in node["properties"].items():
            yield from described(value, f"{path}.{key}" if path else key)
    else:
        yield path
