"""Log lines and errors as JSON: one object a line on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

NAME = "dataforeman_schema"
"""The logger of what the commands themselves say."""

_CHATTY = ("alembic.runtime.plugins", "alembic.ddl")
"""Loggers of Alembic that tell of its own start, and of what it leaves out."""

_state = {"is_on": False}


def switch_on() -> None:
    """Write all that is logged in this process as JSON, Alembic's lines among it.

    Each object has `time` (ISO 8601, UTC), `level`, `logger` and `message`, and an
    error also `error`, `exit_code` and, with `--debug`, `traceback`.
    """
    import logging  # noqa: PLC0415 - not needed for lines of text

    handler = logging.StreamHandler(sys.stderr)
    handler.format = _format  # type: ignore[method-assign]
    logging.getLogger().handlers[:] = [handler]
    for name in (NAME, "alembic"):
        logging.getLogger(name).setLevel(logging.INFO)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    _state["is_on"] = True


def is_on() -> bool:
    """Tell whether this process logs JSON."""
    return _state["is_on"]


def write(level: str, message: str, **further: object) -> None:
    """Log a line of a command.

    Args:
        level: `INFO`, `WARNING` or `ERROR`.
        message: One line, without a password.
        further: More keys of the object.
    """
    import logging  # noqa: PLC0415 - not needed for lines of text

    number = logging.getLevelName(level)
    logging.getLogger(NAME).log(number, "%s", message, extra={"further": further})


def line(level: str, message: str, **further: object) -> str:
    """Write such an object for a place where nothing can be logged any more.

    Args:
        level: As in `write`.
        message: One line, without a password.
        further: More keys of the object.
    """
    import logging  # noqa: PLC0415 - not needed for lines of text

    told = {"name": NAME, "levelname": level, "msg": message, "further": further}
    return _format(logging.makeLogRecord(told))


def _format(record: logging.LogRecord) -> str:
    import json  # noqa: PLC0415 - not needed for lines of text
    from datetime import UTC, datetime  # noqa: PLC0415

    told: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    # No character moves a terminal; JSON escapes all of them but this one.
    text = json.dumps(told | getattr(record, "further", {}))
    return text.replace("\x7f", "\\u007f")
