"""The SQL that changes an enum or a domain, as far as the server can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.catalog.words import literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog.snapshot import Properties


def alter_type(name: str, live: Properties, expected: Properties) -> list[str] | None:
    """Write what alters a type in place; None where it cannot be."""
    fixed = ("kind", "base", "collation")
    if any(live[key] != expected[key] for key in fixed):
        return None
    if live["kind"] == "e":
        return add_labels(name, live["labels"], expected["labels"])
    return list(_alter_domain(name, live, expected)) if live["kind"] == "d" else None


def _alter_domain(name: str, live: Properties, expected: Properties) -> Iterator[str]:
    domain = f"ALTER DOMAIN {quote(name)}"
    before, after = live["checks"] or {}, expected["checks"] or {}
    for check, condition in before.items():
        if after.get(check) != condition:
            yield f"{domain} DROP CONSTRAINT {quote(check)}"
    if live["default"] != expected["default"]:
        default = expected["default"]
        yield f"{domain} {f'SET DEFAULT {default}' if default else 'DROP DEFAULT'}"
    if live["nullable"] != expected["nullable"]:
        yield f"{domain} {'DROP' if expected['nullable'] else 'SET'} NOT NULL"
    for check, condition in after.items():
        if before.get(check) != condition:
            yield f"{domain} ADD CONSTRAINT {quote(check)} {condition}"


def add_labels(name: str, live: list[str], expected: list[str]) -> list[str] | None:
    """Write what adds labels to an enum, also when some are there already.

    Returns:
        The statements; None if labels go or change places.
    """
    if [label for label in expected if label in live] != live:
        return None
    return list(_added(name, live, expected))


def _added(name: str, live: list[str], expected: list[str]) -> Iterator[str]:
    have = list(live)
    for place, label in enumerate(expected):
        if label in have:
            continue
        where = ""
        if place < len(have):  # so far both are alike
            where = f" BEFORE {literal(have[place])}"
        have.insert(place, label)
        add = f"ALTER TYPE {quote(name)} ADD VALUE IF NOT EXISTS {literal(label)}"
        yield f"{add}{where}"


def together(live: list[str], expected: list[str]) -> list[str]:
    """List the labels of both, those of the first in their order."""
    have = list(live)
    before: str | None = None
    for label in expected:
        if label not in have:
            have.insert(have.index(before) + 1 if before else 0, label)
        before = label
    return have
