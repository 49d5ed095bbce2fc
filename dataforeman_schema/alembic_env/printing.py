"""What Alembic's own command prints; what it logs is written by `log_lines`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.printable import printable_lines

if TYPE_CHECKING:
    from typing import TextIO


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
