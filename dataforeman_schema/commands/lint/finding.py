"""What lint finds in a revision."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["error", "note"]


@dataclass(frozen=True)
class LintFinding:
    """A line of a revision that costs more than it has to.

    Attributes:
        file: The revision's file.
        line: The line, from 1.
        rule: The rule's id, which a comment can allow.
        what: What is wrong, and what it costs.
        instead: What to do.
        severity: A note says what a live database makes harmless.
        table: The table that it costs, if there is one.
    """

    file: str
    line: int
    rule: str
    what: str
    instead: str
    severity: Severity = "error"
    table: str | None = None

    def __str__(self) -> str:
        level = "note: " if self.severity == "note" else ""
        text = f"{self.file}:{self.line}: {level}{self.rule}: {self.what}"
        return f"{text}; instead: {self.instead}"

    def as_dict(self) -> dict[str, object]:
        """Return the keys and values of `lint --json`."""
        return asdict(self)
