"""What lint needs that the package does without."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from dataforeman_schema.errors import CouldNotLookError

_INSTALL: Final = "install it with pip install 'dataforeman-schema[lint]'"


def import_sqlglot() -> Any:  # noqa: ANN401 - a module
    """Import the parser of SQL.

    Raises:
        CouldNotLookError: It is not installed.
    """
    try:
        return import_module("sqlglot")
    except ModuleNotFoundError as error:
        raise CouldNotLookError(f"lint needs sqlglot; {_INSTALL}") from error


def squawk() -> str:
    """Find the linter of SQL, first beside this Python.

    Returns:
        Its path.

    Raises:
        CouldNotLookError: It is not installed.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which("squawk", path=beside) or shutil.which("squawk")
    if found is None:
        raise CouldNotLookError(f"lint needs squawk; {_INSTALL}")
    return found
