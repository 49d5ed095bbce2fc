"""A revision that does nothing, in one direction or both, says why."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.released import unreleased_files
from dataforeman_schema.databases import DATABASES
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from pathlib import Path

_REMINDER: Final = "# Reminder:"
_REASON: Final = "because"
_SAYS_WHY: Final = re.compile(rf"\b{_REASON}\b", re.IGNORECASE)


def check_reasons() -> None:
    """Refuse revisions not yet released that nobody finished.

    An upgrade or a downgrade that does nothing, or only raises, needs a docstring that
    says why, with the word because.

    Raises:
        SchemaError: One does nothing and does not say why, or still holds what it was
            to remind of.
    """
    for database in DATABASES.values():
        for path in unreleased_files(database):
            _check(path)


def _check(path: Path) -> None:
    text = path.read_text("utf-8")
    if _REMINDER in text:
        raise SchemaError(
            f"{path} still says '{_REMINDER} …'; do that, delete the comment, and run "
            "make sql"
        )
    try:
        functions = _functions(text)
    except SyntaxError as error:
        raise SchemaError(f"{path} is not Python ({error}); mend the file") from error
    for name in ("upgrade", "downgrade"):
        function = functions.get(name)
        if function is None or not (_acts(function) or _says_why(function)):
            raise SchemaError(
                f"{name}() of {path} does nothing and does not say why; write it, or "
                f"let its docstring say '{_REASON} …', and run make sql"
            )


def _functions(text: str) -> dict[str, ast.FunctionDef]:
    nodes = ast.parse(text).body
    return {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}


def _acts(function: ast.FunctionDef) -> bool:
    return not all(map(_is_idle, function.body))


def _is_idle(statement: ast.stmt) -> bool:
    """Tell whether a statement is a docstring, an ellipsis, or leads nowhere."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass | ast.Raise | ast.Return)


def _says_why(function: ast.FunctionDef) -> bool:
    return bool(_SAYS_WHY.search(ast.get_docstring(function) or ""))
