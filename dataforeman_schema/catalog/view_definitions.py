"""The SQL that makes a view, and changes it in place where the server can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.catalog.words import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog.snapshot import Properties


def create_view(name: str, expected: Properties) -> Iterator[str]:
    """Write what makes a view, a materialized one with its rows."""
    yield _create(name, expected)


def alter_view(name: str, live: Properties, expected: Properties) -> list[str] | None:
    """Write what replaces a view; None where it must be dropped and made anew.

    What is granted on it stays if it is replaced, and goes with it otherwise.
    """
    if not can_replace(live, expected):
        return None
    return [_create(name, expected, "OR REPLACE ")]


def can_replace(live: Properties, expected: Properties) -> bool:
    """Tell whether a view keeps all the columns that it has."""
    kept = expected["columns"][: len(live["columns"])]
    return bool(live["kind"] == expected["kind"] == "v" and kept == live["columns"])


def _create(name: str, expected: Properties, replace: str = "") -> str:
    kind = "MATERIALIZED VIEW" if expected["kind"] == "m" else "VIEW"
    settings = ", ".join(expected["settings"] or ())
    settings = f" WITH ({settings})" if settings else ""
    query = expected["definition"].strip().removesuffix(";")
    return f"CREATE {replace}{kind} {quote(name)}{settings} AS {query}"
