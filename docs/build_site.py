"""Build the site of the documents, from where they are, into build/site."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dataforeman_schema.databases import DATABASES
from docs.generate_schema import domains, mapper_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT: Final = Path(__file__).parents[1]
PAGES: Final = CHECKOUT / "build" / "pages"
CONFIGURATION: Final = CHECKOUT / "zensical.toml"
_DOCUMENTS: Final = (
    "*.md",
    "docs/*.md",
    "docs/*.css",
    "docs/adr/*.md",
    "docs/pictures/*.svg",
)
_LINK: Final = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
_API: Final = re.compile(r'"(docs/api/(\w+)\.md)"')
_FENCE: Final = re.compile(r"^```(\w+) .*$", re.MULTILINE)


def lay_out() -> None:
    """Copy the documents and what they link to, and write the pages of the API."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for pattern in _DOCUMENTS:
        for document in CHECKOUT.glob(pattern):
            _copy(document)
    for page, name in _API.findall(CONFIGURATION.read_text(encoding="utf-8")):
        parts = (f"# {name}", f"::: dataforeman_schema.{name}", *_tables(name))
        _write(PAGES / page, "\n\n".join(parts) + "\n")


def _tables(name: str) -> Iterator[str]:
    """Lead from the models of a database to what their tables have."""
    if database := DATABASES.get(name):
        for tables in domains(database).values():
            for table in tables:
                model = mapper_of(table).class_.__name__
                place = f"[{table.name}](../schema.md#{table.name})"
                yield f"`{model}` is the table {place}."


def _copy(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    target = PAGES / document.relative_to(CHECKOUT)
    if document.suffix != ".md":
        _write(target, text)
        return
    # What stands behind the language of a block is for the tests.
    _write(target, _FENCE.sub(r"```\1", text))
    for link in _LINK.findall(text):
        linked = (document.parent / link).resolve(strict=True)
        if linked.suffix != ".md":
            _copy(linked)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def build() -> None:
    """Build the site; a link or an anchor that leads nowhere fails it."""
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    environ = os.environ | {"NO_COLOR": "1"}
    subprocess.run(command, cwd=CHECKOUT, check=True, env=environ)  # noqa: S603 - ours


if __name__ == "__main__":
    lay_out()
    build()
