"""Records of logs that are lines, whatever text of a database is in them."""

from __future__ import annotations

import logging

from dataforeman_schema.printable import printable


class LineFormatter(logging.Formatter):
    """Writes the message of a record in one line, control characters escaped."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's
        """Write all but a traceback, which has lines of its own."""
        return printable(super().formatMessage(record))
