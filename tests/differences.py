"""What differs between two nested mappings, by name, where an assertion fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_ABSENT = object()


def differences(
    found: Mapping[str, object], expected: Mapping[str, object], at: str = ""
) -> Iterator[str]:
    """Name each entry that is not as expected, such as users.columns.email.type."""
    for key in dict.fromkeys([*found, *expected]):
        name = f"{at}.{key}".removeprefix(".")
        ours, theirs = found.get(key, _ABSENT), expected.get(key, _ABSENT)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            yield from differences(ours, theirs, name)
        elif theirs is _ABSENT:
            yield f"{name} is not expected: {ours!r}"
        elif ours is _ABSENT:
            yield f"{name} is missing: {theirs!r}"
        elif ours != theirs:
            yield f"{name} is {ours!r}, expected is {theirs!r}"


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain why two catalogs, or other mappings, are not equal."""
    if op == "==" and isinstance(left, Mapping) and isinstance(right, Mapping):
        return ["not as expected:", *differences(left, right)]
    return None
