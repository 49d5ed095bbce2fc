"""Importing much for a short life."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dataforeman_schema.collector import paused_collector

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLOURS = "mako.ext.pygmentplugin"
_TLS = "ssl"


@contextmanager
def lean_imports() -> Iterator[None]:
    """Run a block of imports that a process makes once and keeps to its end.

    Looking for garbage in what they make, again and again and at the exit, costs as
    much as the imports. Mako, which Alembic writes new revisions with, imports a
    syntax highlighter for error pages that nobody will see; it does without.
    """
    with paused_collector(), _without(_COLOURS):
        try:
            yield
        finally:
            gc.freeze()


def import_driver() -> None:
    """Import psycopg2, which imports Python's TLS only to have OpenSSL set up by it.

    libpq, which speaks TLS here, does that itself where there is none.
    """
    with _without(_TLS):
        import psycopg2  # noqa: F401, PLC0415 - it is in `sys.modules` from now on


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Make imports of a module fail, which those who try expect, unless it is there."""
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]
    modules.setdefault(name, None)
    try:
        yield
    finally:
        if modules[name] is None:
            del modules[name]
