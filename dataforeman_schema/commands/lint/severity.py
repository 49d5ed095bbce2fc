"""Judging findings by the tables that they are about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dataforeman_schema.commands.lint.catalog import size_that_counts

if TYPE_CHECKING:
    from dataforeman_schema.commands.lint.finding import LintFinding
    from dataforeman_schema.commands.lint.server import Server


def judge(finding: LintFinding, server: Server) -> LintFinding:
    """Say how large the table is, and make a note of what costs nothing there.

    Args:
        finding: What was found; it may be about no table.
        server: What knows the tables.

    Returns:
        The finding; unchanged if its table is not known.
    """
    size = server.sizes.get(finding.table or "")
    if size is None:
        return finding
    kind = size_that_counts(finding.rule)
    harmless = kind is not None and size.is_little(kind)
    return replace(
        finding,
        what=f"{finding.what} ({finding.table}: {size})",
        severity="note" if harmless else finding.severity,
    )
