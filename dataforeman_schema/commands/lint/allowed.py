"""Comments that allow a revision what a rule forbids.

# lint: allow disable-columnstore: the table has had no rows before this release
op.disable_columnstore(…)
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.lint.finding import LintFinding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COMMENT: Final = re.compile(r"#\s*lint:\s*allow\s+([\w-]+)\s*(?::\s*(.*))?$")
_INSTEAD: Final = "write # lint: allow <rule>: why, on the line or right above it"


@dataclass
class _Comment:
    line: int
    rule: str
    reason: str | None
    lines: set[int] = field(default_factory=set)
    used: bool = False


def apply_comments(
    file: str, source: str, findings: Iterable[LintFinding]
) -> Iterator[LintFinding]:
    """Leave out what a revision's comments allow.

    Args:
        file: What findings call the revision's file.
        source: Its text.
        findings: What was found in it.

    Yields:
        The other findings, and those of comments that give no reason or allow nothing.
    """
    comments = _comments(source)
    for finding in findings:
        matching = [comment for comment in comments if _covers(comment, finding)]
        for comment in matching:
            comment.used = True
        if not any(comment.reason for comment in matching):
            yield finding
    for comment in comments:
        if not comment.reason:
            what = f"{comment.rule} is allowed without a reason"
        elif not comment.used:
            what = f"{comment.rule} is allowed, and nothing here breaks it"
        else:
            continue
        yield LintFinding(file, comment.line, "allow", what, _INSTEAD)


def _covers(comment: _Comment, finding: LintFinding) -> bool:
    return comment.rule == finding.rule and finding.line in comment.lines


def _comments(source: str) -> list[_Comment]:
    lines = source.splitlines()
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = []
    for token in tokens:
        if token.type == tokenize.COMMENT and (match := _COMMENT.match(token.string)):
            line = token.start[0]
            comment = _Comment(line, match[1], match[2], {line, _next(lines, line)})
            found.append(comment)
    return found


def _next(lines: list[str], line: int) -> int:
    """Find the first line after a comment that is none; a trailing one has its own."""
    if not lines[line - 1].lstrip().startswith("#"):
        return line
    while line < len(lines) and lines[line].lstrip().startswith("#"):
        line += 1
    return line + 1
