"""Where the installed package keeps the files that are not modules."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def alembic_ini() -> Path:
    """Find alembic.ini.

    A wheel carries it inside the package; an editable install has only the
    checkout's own, one folder up.

    Returns:
        The absolute path of a file that exists.

    Raises:
        FileNotFoundError: The installation is damaged.
    """
    for folder in (_PACKAGE, _PACKAGE.parent):
        if (path := folder / "alembic.ini").is_file():
            return path
    raise FileNotFoundError(f"no alembic.ini in {_PACKAGE}: install the package again")
