"""The messages of spec/connectivity/fixtures, and what their schemas demand of them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator, FormatChecker

from dataforeman_schema.contracts import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS: Final = schemas.read_schemas()
_FOLDER: Final = schemas.schema_file("").parents[1] / "fixtures"
_ANNOTATIONS: Final = {"$schema", "$id", "$comment", "title", "description"}
_SUBSCHEMAS: Final = {"properties", "items", "allOf", "then"}
_CONDITIONS: Final = {"if"}

FIXTURES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    message: json.loads(
        (_FOLDER / schemas.schema_file(message).name.replace(".schema", "")).read_text()
    )
    for message in SCHEMAS
}
"""By message: valid ones by what they show, invalid ones by what they trip."""

VALID: Final = [
    (message, case)
    for message, fixtures in FIXTURES.items()
    for case in fixtures["valid"].values()
]
INVALID: Final = [
    (message, constraint, case)
    for message, fixtures in FIXTURES.items()
    for constraint, cases in fixtures["invalid"].items()
    for case in cases
]


def is_valid(schema: dict[str, Any], message: object) -> bool:
    """Validate a message, formats too."""
    return Draft202012Validator(schema, format_checker=FormatChecker()).is_valid(
        message
    )


def constraints(schema: dict[str, Any], pointer: str = "") -> Iterator[str]:
    """List all that a schema demands: the pointer of each keyword.

    Of `required`, each field is one.
    """
    for keyword, value in schema.items():
        here = f"{pointer}/{keyword}"
        if keyword in _SUBSCHEMAS:
            for inner_pointer, inner in _subschemas(here, value):
                yield from constraints(inner, inner_pointer)
        elif keyword == "required":
            yield from (f"{here}/{field}" for field in value)
        elif keyword not in _ANNOTATIONS | _CONDITIONS:
            yield here


def _subschemas(pointer: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401
    if isinstance(value, list):
        yield from ((f"{pointer}/{n}", inner) for n, inner in enumerate(value))
    elif pointer.endswith("/properties"):
        yield from ((f"{pointer}/{name}", inner) for name, inner in value.items())
    else:
        yield pointer, value


def without(schema: dict[str, Any], constraint: str) -> dict[str, Any]:
    """Copy a schema, less one of the constraints."""
    copy = deepcopy(schema)
    *path, last = constraint.removeprefix("/").split("/")
    parent: Any = copy
    for step in path:
        parent = parent[int(step)] if isinstance(parent, list) else parent[step]
    if isinstance(parent, list):
        parent.remove(last)
    else:
        del parent[last]
    return copy
