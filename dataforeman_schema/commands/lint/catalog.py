"""Our rules and squawk's as one."""

from __future__ import annotations

from dataforeman_schema.commands.lint.rules import RULES
from dataforeman_schema.commands.lint.squawk_rules import SQUAWK_RULES

_OURS = {rule.id: rule for rule in RULES}


def costs_by_size(rule: str) -> bool:
    """Tell whether what a rule finds costs nothing on a small table."""
    if (ours := _OURS.get(rule)) is not None:
        return ours.by_size
    theirs = SQUAWK_RULES.get(rule)
    return theirs is not None and theirs.by_size
