"""Our block of connection settings in a `.env` file."""

import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

BEGIN = "# >>> embedded servers: written by `python -m dataforeman_schema.embedded up`"
END = "# <<< embedded servers"
BLOCK = re.compile(
    f"^{re.escape(BEGIN)}$.*?^{re.escape(END)}$\n?", re.DOTALL | re.MULTILINE
)


def configured(path: Path, names: Mapping[str, str] | tuple[str, ...]) -> str | None:
    """Find a setting that somebody made, in the environment or outside our block.

    Args:
        path: The `.env` file; it may be missing.
        names: The settings to look for.

    Returns:
        The name of the first that has a value, or None.
    """
    settings = {**dotenv_values(stream=StringIO(_foreign(path))), **os.environ}
    return next((name for name in names if settings.get(name)), None)


def write_block(path: Path, settings: Mapping[str, str]) -> None:
    """Put our settings into the file in place of those written before.

    All other lines stay as they are. The file is replaced as a whole, readable by its
    owner only, so that no reader sees half of it.

    Args:
        path: The `.env` file; made if it is missing.
        settings: The new settings; if there are none, the block goes.
    """
    lines = [BEGIN, *(f"{name}={value}" for name, value in settings.items()), END]
    block = "\n".join(lines) + "\n" if settings else ""
    text = _text(path)
    if BLOCK.search(text):
        text = BLOCK.sub(lambda _: block, text, count=1)
    elif block:
        text += ("" if not text or text.endswith("\n") else "\n") + block
    if text != _text(path):
        _replace(path, text)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _foreign(path: Path) -> str:
    return BLOCK.sub("", _text(path))


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path.resolve())
