"""Answers to what a revision asks by `op.ask`, given as the question says."""

from __future__ import annotations

import re

_ASKED = r"(?m:^) *\w+\.ask\((?:.*|\n.*\n *)\)\n"
"""A question, in one line or in three."""

_OTHERWISE = r" *# If not.*\n((?: *# .*\n?)+)"
"""The other choice, in comments."""


def answered(text: str) -> str:
    """Say yes to every question."""
    return re.sub(_ASKED, "", text)


def declined(text: str) -> str:
    """Say no to every question."""
    return re.sub(
        rf"{_ASKED}(?:.*\n)*?{_OTHERWISE}",
        lambda found: found[1].replace("# ", ""),
        text,
    )
