"""What a check finds."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, LiteralString

from dataforeman_schema.catalog.order import Phase

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

Language = Literal["sql", "shell"]


class Shell(str):
    """A command for a shell; `shell` writes it."""

    __slots__ = ()


def shell(command: LiteralString, *words: str) -> Shell:
    """Write a command for a shell, whatever its words hold.

    Args:
        command: The command, with {} for each of the words.
        words: What databases, files and settings say, each quoted as one word.
    """
    return Shell(command.format(*map(shlex.quote, words)))


UPGRADE: Final = shell("dataforeman-schema upgrade")
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
        remedy: The statements that mend it, to be run as they are in the finding's
            database, their names and values quoted; or a command, from `shell`.
        step: When the remedy is run, among those of the same database: after what it
            builds on, and after what is in its way.
    """

    check: Check
    where: str
    what: str
    why: str
    remedy: str | Shell
    step: int = FIRST

    @property
    def language(self) -> Language:
        """What the remedy is written in."""
        return "shell" if isinstance(self.remedy, Shell) else "sql"


def stamp(database: Database, revision: str) -> Shell:
    """Write the command that says which revision a database is at, from any folder."""
    return shell(
        'ALEMBIC_CONFIG="$(dataforeman-schema config)" alembic -n {} stamp --purge {}',
        database.name,
        revision,
    )
