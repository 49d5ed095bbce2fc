"""What is written with a new revision: its form, head.sql, the docs, the changelog."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from alembic.util import CommandError, msg

from dataforeman_schema.alembic_env.checkout import Checkout
from dataforeman_schema.alembic_env.head_sql import write_head_sql
from dataforeman_schema.alembic_env.revision_files import read_ids, versions_folder
from dataforeman_schema.catalog.question import ASK
from dataforeman_schema.databases import DATABASES
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FIX: Final = ("check", "--fix", "--quiet", "--exit-zero")
_FORMAT: Final = ("format", "--quiet")
_UNUSED: Final = ("--unfixable", "F401")
"""Leaves imports, of which the other choice of an open question has need."""


def write_companions(revision: Path) -> None:
    """Put a new revision into the project's form, and write what goes with it.

    What cannot be written yet is said, and left to the checks of a release.

    Args:
        revision: Its file.
    """
    tree = {versions_folder(each): each for each in DATABASES.values()}
    if database := tree.get(revision.parent):
        _format(revision)
        _try("head.sql", "make sql", lambda: write_head_sql(database))
        if checkout := Checkout.find():
            _write_docs(checkout, revision)


def _format(revision: Path) -> None:
    if find_spec("ruff") is None:
        return
    asks = f"op.{ASK}(" in revision.read_text("utf-8")
    for arguments in ((*_FIX, *_UNUSED) if asks else _FIX, _FORMAT):
        command = [sys.executable, "-m", "ruff", *arguments, revision]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ours


def _write_docs(checkout: Checkout, revision: Path) -> None:
    id_, _before = read_ids(revision)

    def write_generated() -> None:
        for path, text in checkout.generated().items():
            path.write_text(text, "utf-8")

    def write_changelog() -> None:
        checkout.changelog.write_text(checkout.with_entry(id_), "utf-8")

    _try("docs/schema.md", "make docs", write_generated)
    _try("CHANGELOG.md", "mend it, and tell of the revision there", write_changelog)


def _try(name: str, later: str, write: Callable[[], Any]) -> None:
    try:
        write()
    except (CommandError, SchemaError, OSError) as error:
        msg(f"{name} is not written: {error}; then {later}")
    else:
        msg(f"Wrote {name}")
