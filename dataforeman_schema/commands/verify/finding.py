"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

Language = Literal["sql", "shell"]

UPGRADE: Final = "dataforeman-schema upgrade"
"""The command that migrates both databases."""


class Step(IntEnum):
    """When a remedy is run: after what it builds on, and after what is in its way."""

    FIRST = auto()
    """Other sessions, the extension, and the record of revisions."""
    RELEASES = auto()
    """Foreign keys go that would hold what goes next."""
    REMOVALS = auto()
    """Whatever else the schema does not have goes, and frees its name."""
    COLUMNS = auto()
    KEYS = auto()
    TABLES = auto()
    """Missing tables come, with all that belongs to them."""
    INDEXES = auto()
    """Indexes, checks and comments."""
    REFERENCES = auto()
    """Foreign keys come, which need the keys of other tables."""
    FEATURES = auto()
    """What TimescaleDB makes of the tables."""
    LEFTOVERS = auto()
    """Columns that the schema does not have go: until then their values can be used."""
    LAST = auto()
    """Triggers, what is not in force, and rows."""


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
        step: When the remedy is run, among those of the same database.
    """

    check: str
    where: str
    what: str
    why: str
    remedy: str
    language: Language = "sql"
    step: Step = Step.FIRST


def alembic(database: Database, arguments: str) -> str:
    """Write a command of Alembic that works from any folder."""
    config = "$(dataforeman-schema config)"
    return f'ALEMBIC_CONFIG="{config}" alembic -n {database.name} {arguments}'
