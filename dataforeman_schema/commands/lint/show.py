"""Showing what lint found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.output import echo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataforeman_schema.commands.lint.finding import LintFinding


def show(findings: Sequence[LintFinding], *, as_json: bool) -> None:
    """Print findings, one a line or as JSON.

    Args:
        findings: What was found.
        as_json: Whether programs read it.
    """
    if as_json:
        listed = [finding.as_dict() for finding in findings]
        print_json({"findings": listed})
        return
    for finding in findings:
        echo(finding)
