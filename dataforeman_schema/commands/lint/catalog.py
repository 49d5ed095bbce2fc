"""Our rules and squawk's as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.lint.rules import RULES
from dataforeman_schema.commands.lint.squawk_rules import SQUAWK_RULES

if TYPE_CHECKING:
    from dataforeman_schema.commands.lint.rule import SizeKind

_SIZES = {rule.id: rule.size for rule in RULES} | {
    name: rule.size for name, rule in SQUAWK_RULES.items()
}


def size_that_counts(rule: str) -> SizeKind | None:
    """Say what of a table makes a finding harmless when there is little of it.

    Args:
        rule: The finding's.

    Returns:
        None: it is never harmless.
    """
    return _SIZES.get(rule)
