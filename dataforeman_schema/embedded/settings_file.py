"""Our block of connection settings in a `.env` file."""

import os
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from dataforeman_schema.env_file import open_env_file

BEGIN = "# >>> embedded servers: written by `python -m dataforeman_schema.embedded up`"
END = "# <<< embedded servers"
# Without its last line, or with lines added by hand, it still ends where ours end.
BLOCK = re.compile(
    rf"^{re.escape(BEGIN)}\n(?:(?:PG|TSDB_)\w+=.*\n?)*(?:{re.escape(END)}\n?)?",
    re.MULTILINE,
)


def configured(path: Path, names: Sequence[str], ours: Mapping[str, str]) -> str | None:
    """Find a setting that somebody made, in the environment or outside our block.

    An environment that our own block was loaded into is not somebody's setting.

    Args:
        path: The `.env` file; it may be missing.
        names: The settings to look for.
        ours: The settings that we would write, the host first.

    Returns:
        The name of the first that has a value, or None.
    """
    host, folder = next(iter(ours.items()))
    environment = {} if os.environ.get(host) == folder else os.environ
    stream = StringIO(_foreign(path))
    settings = {**dotenv_values(stream=stream, interpolate=False), **environment}
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


# Other people's lines may have any encoding and any line ends: they stay.
def _text(path: Path) -> str:
    try:
        with open_env_file(path) as file:
            return file.read().decode(errors="surrogateescape")
    except FileNotFoundError:
        return ""


def _foreign(path: Path) -> str:
    return BLOCK.sub("", _text(path))


def _replace(path: Path, text: str) -> None:
    target = path.resolve()
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(text.encode(errors="surrogateescape"))
    unfinished.replace(target)
