"""What holds of a revision's file: no server, no models."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.lint.rule import BOTH, Hit, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.lint.rule import Subject

_ALLOWED: Final = "dataforeman_schema.timescale"


def models_imported(source: str) -> Iterator[tuple[int, str]]:
    """Find what a revision imports of this package, but for operations and their types.

    Yields:
        The line and the module, wherever in the file.
    """
    for node in ast.walk(ast.parse(source)):
        for name in _imported(node):
            if name.startswith("dataforeman_") and not _is_allowed(name):
                yield node.lineno, name  # type: ignore[attr-defined]


def _is_allowed(name: str) -> bool:
    return f"{name}.".startswith(f"{_ALLOWED}.")


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _check_models(subject: Subject) -> Iterator[Hit]:
    for line, name in models_imported(subject.source):
        yield Hit(line, f"imports {name}")


def _check_offline(subject: Subject) -> Iterator[Hit]:
    if subject.recording.failure is not None:
        line, error = subject.recording.failure
        reason = " ".join(str(error).split())
        where = subject.recording.direction
        yield Hit(line, f"{where} --sql fails: {type(error).__name__}: {reason}")


RULES: Final = (
    Rule(
        "models",
        "a revision is for ever, and models change under it",
        "write the table and its columns into the revision",
        _check_models,
    ),
    Rule(
        "offline",
        "nobody can review its SQL, and no role without rights can hand it on",
        "write one statement that asks and acts, such as INSERT … SELECT or DO $$ … $$",
        _check_offline,
        directions=BOTH,
    ),
)
"""The rules of this family."""
