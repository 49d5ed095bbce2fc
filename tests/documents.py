"""What documents hold: fenced blocks by their fence, commands, and tables of keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dataforeman_schema.packaging import alembic_ini

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKOUT = alembic_ini().parent
ADOPTING = CHECKOUT / "docs" / "adopting.md"
COMMANDS = CHECKOUT / "docs" / "commands.md"
OPERATIONS = CHECKOUT / "docs" / "operations.md"
SCALING = CHECKOUT / "docs" / "scaling.md"
_BLOCK = re.compile(
    r"^```(?P<info>[^\n]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


def blocks(document: Path, info: str) -> list[str]:
    """List the blocks whose fence says the words, in their order; there are some."""
    found = _BLOCK.finditer(document.read_text(encoding="utf-8"))
    texts = [block["text"] for block in found if block["info"] == info]
    assert texts, f"{document} has no block {info}"
    return texts


def infos(document: Path) -> set[str]:
    """List what stands behind the fences of a document."""
    return {block["info"] for block in _BLOCK.finditer(document.read_text())}


def spans(document: Path, begin: str) -> list[str]:
    """List the commands in the running text that begin with a word; there are some."""
    text = _BLOCK.sub("", document.read_text(encoding="utf-8"))
    codes = [" ".join(code.split()) for code in re.findall("`([^`]+)`", text)]
    found = [code for code in codes if code.startswith(f"{begin} ")]
    assert found, f"{document} has no command {begin}"
    return found


def keys(value: object, path: str = "") -> Iterator[str]:
    """List the keys of JSON, as the document writes them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from keys(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item, f"{path}[]")
    else:
        yield path


def documented_keys(heading: str) -> set[str]:
    """Read the first column of the table under a heading of docs/commands.md."""
    text = COMMANDS.read_text(encoding="utf-8")
    table = text.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE))
