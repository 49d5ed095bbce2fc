"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from dataforeman_schema.catalog.order import Phase

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

Language = Literal["sql", "shell"]

UPGRADE: Final = "dataforeman-schema upgrade"
"""The command that migrates both databases."""


class Check(StrEnum):
    """What kinds of things are found; the values are stable names for programs."""

    DATABASE = "database"
    MIGRATION_LOCK = "migration-lock"
    SESSION = "session"
    EXTENSION = "extension"
    REVISION = "revision"
    HISTORY = "history"
    CRITICAL_TABLE = "critical-table"
    TABLE = "table"
    DRIFT = "drift"
    PRIMARY_KEY = "primary-key"
    TRIGGER = "trigger"
    RULE = "rule"
    ROW_SECURITY = "row-security"
    INDEX = "index"
    CONSTRAINT = "constraint"
    SEED = "seed"
    FOREIGN = "foreign"
    ACCEPTED = "accepted"
    TUNED = "tuned"
    JOB = "job"
    SERVER = "server"
    RIGHTS = "rights"


BOOKKEEPING: Final = -1
"""The step of the migrations' own tables, which the record is kept in."""
FIRST: Final = 0
"""The step of other sessions, the extension, and the record of revisions."""
LAST: Final = max(Phase) + 1
"""The step of rows."""


@dataclass(frozen=True)
class Note:
    """Something worth knowing that harms nobody.

    Attributes:
        check: The check that saw it.
        where: The object that is concerned, within its database.
        what: What is worth knowing.
    """

    check: Check
    where: str
    what: str


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and what mends it.

    Attributes:
        check: The check that found it.
        where: The object that is concerned, within its database.
        what: What is wrong.
        why: Why it matters: which service fails, and how.
        remedy: The SQL statements or the shell command that mend it, to be run as they
            are.
        language: What the remedy is written in. SQL is run in the finding's database.
        step: When the remedy is run, among those of the same database: after what it
            builds on, and after what is in its way.
    """

    check: Check
    where: str
    what: str
    why: str
    remedy: str
    language: Language = "sql"
    step: int = FIRST


def alembic(database: Database, arguments: str) -> str:
    """Write a command of Alembic that works from any folder."""
    config = "$(dataforeman-schema config)"
    return f'ALEMBIC_CONFIG="{config}" alembic -n {database.name} {arguments}'
