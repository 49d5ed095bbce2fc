"""Importing much for a short life."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLOURS = "mako.ext.pygmentplugin"


@contextmanager
def lean_imports() -> Iterator[None]:
    """Run a block of imports that a process makes once and keeps to its end.

    Looking for garbage in what they make, again and again and at the exit, costs as
    much as the imports. Mako, which Alembic writes new revisions with, imports a
    syntax highlighter for error pages that nobody will see; it does without.
    """
    gc.disable()
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]
    modules.setdefault(_COLOURS, None)  # makes the import fail, which Mako expects
    try:
        yield
    finally:
        if modules[_COLOURS] is None:
            del modules[_COLOURS]
        gc.freeze()
        gc.enable()
