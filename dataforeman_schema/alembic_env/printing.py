"""What Alembic's own command prints and logs; alembic.ini names the formatter."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dataforeman_schema.printable import printable, printable_lines

if TYPE_CHECKING:
    from typing import TextIO


class LineFormatter(logging.Formatter):
    """Writes the message of a record in one line, control characters escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's
        """Write all but a traceback, which has lines of its own."""
        return printable(super().formatMessage(record))


class LineStream:
    """A stream on which control characters are shown escaped.

    Args:
        stream: Where what is written goes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write lines."""
        return self._stream.write(printable_lines(text))
