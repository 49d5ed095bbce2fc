"""The fenced blocks of a document, by what stands behind their fence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dataforeman_schema.packaging import alembic_ini

if TYPE_CHECKING:
    from pathlib import Path

CHECKOUT = alembic_ini().parent
ADOPTING = CHECKOUT / "docs" / "adopting.md"
OPERATIONS = CHECKOUT / "docs" / "operations.md"
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
