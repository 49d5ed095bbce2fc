"""All rules of our own."""

from __future__ import annotations

from typing import Final

from dataforeman_schema.commands.lint import (
    data_rules,
    file_rules,
    table_rules,
    timescale_rules,
)

RULES: Final = (
    *file_rules.RULES,
    *data_rules.RULES,
    *table_rules.RULES,
    *timescale_rules.RULES,
)
"""The rules, a family after the other."""
