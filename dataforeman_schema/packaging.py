"""Where the installed package keeps the files that are not modules."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def alembic_ini() -> Path:
    """Find alembic.ini.

    Returns:
        The absolute path of a file that exists.

    Raises:
        FileNotFoundError: The installation is damaged.
    """
    return _find("alembic.ini")


def message_schemas() -> Path:
    """Find the JSON Schemas of the messages between the services.

    Returns:
        The absolute path of a folder that exists, with a file for each message:
        telemetry.batch.v1.schema.json is that of telemetry.batch@v1.

    Raises:
        FileNotFoundError: The installation is damaged.
    """
    return _find("spec/connectivity/schemas")


def command_schemas() -> Path:
    """Find the JSON Schemas of what the commands print with `--json`.

    Returns:
        The absolute path of a folder that exists: status.schema.json is that of
        `dataforeman-schema status --json`.

    Raises:
        FileNotFoundError: The installation is damaged.
    """
    return _find("spec/cli")


def _find(name: str) -> Path:
    # A wheel carries it inside the package; an editable install has only the
    # checkout's own, one folder up.
    for folder in (_PACKAGE, _PACKAGE.parent):
        if (path := folder / name).exists():
            return path
    raise FileNotFoundError(f"no {name} in {_PACKAGE}: install the package again")
