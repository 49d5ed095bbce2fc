"""The size of a disk, as PostgreSQL's settings write one."""

from __future__ import annotations

import re

_FACTORS = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_SIZE = re.compile(r"(\d+(?:[.]\d+)?) *([kmgt]?b)", re.IGNORECASE)


def disk_bytes(text: str) -> int:
    """Read a size such as 500GB; each unit is 1024 of the one before.

    Args:
        text: A number and B, kB, MB, GB or TB.

    Returns:
        The number of bytes.

    Raises:
        ValueError: It is no size, or none at all.
    """
    found = _SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * _FACTORS[found[2].upper()]) if found else 0
    if not size:
        raise ValueError(f"{text!r} is no size of a disk, such as 500GB.")
    return size
