"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

Language = Literal["sql", "shell"]

UPGRADE: Final = "dataforeman-schema upgrade"
"""The command that migrates both databases."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and what mends it.

    Attributes:
        check: The check that found it: a stable name for programs.
        where: The object that is concerned, within its database.
        what: What is wrong.
        why: Why it matters: which service fails, and how.
        remedy: The SQL statements or the shell command that mend it, to be run as they
            are.
        language: What the remedy is written in. SQL is run in the finding's database.
    """

    check: str
    where: str
    what: str
    why: str
    remedy: str
    language: Language = "sql"


def alembic(database: Database, arguments: str) -> str:
    """Write a command of Alembic that works from any folder."""
    config = "$(dataforeman-schema config)"
    return f'ALEMBIC_CONFIG="{config}" alembic -n {database.name} {arguments}'
