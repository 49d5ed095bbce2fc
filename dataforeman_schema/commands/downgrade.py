"""Taking revisions back, the newest first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.commands.lean import lean_imports
from dataforeman_schema.commands.probe import probe
from dataforeman_schema.commands.state_checks import check_usable
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.probe import DatabaseState
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

BASE = "base"
"""Alembic's name of what is before the first revision."""


def downgrade(
    database: Database, to: str | None, options: Options, progress: Progress
) -> None:
    """Take revisions of a database back, in one transaction.

    Args:
        database: Which of the two.
        to: The revision that stays, or `base`; None takes one revision back.
        options: How to wait, and whether rows and values may be lost.
        progress: Told what happens.

    Raises:
        ConnectionFailed: The database cannot be reached.
        SchemaError: What is wrong and what to do, rows that would be lost say; nothing
            is changed then.
    """
    settings = database.settings()
    before, target = find_target(database, settings, to)
    if target is None:
        progress.say(f"{database.title}: at {to or BASE}, nothing to do")
        return
    with lean_imports():
        from dataforeman_schema.commands.migrate import take_back  # noqa: PLC0415

        database.register_operations()
    report = partial(show_wait, progress, database, options.lock_wait)
    take_back(database, settings, options, target, report)
    after = ", ".join(probe(database, settings).revisions) or BASE
    old = ", ".join(before.revisions)
    progress.say(f"{database.title}: downgraded from {old} to {after}")


def find_target(
    database: Database, settings: ConnectionSettings, to: str | None
) -> tuple[DatabaseState, str | None]:
    """Look where a database is, and choose the revision that stays.

    Returns:
        What it is like, and that revision; None: there is nothing to take back.

    Raises:
        SchemaError: It cannot be taken back to there.
    """
    state = probe(database, settings)
    check_usable(database, settings, state)
    return state, _target(database, state, to)


def _target(database: Database, state: DatabaseState, to: str | None) -> str | None:
    """Name the revision that stays; None: there is nothing to take back."""
    line = [BASE, *revisions(database)]
    if to is not None and to not in line:
        raise SchemaError(
            f"the {database.title} has no revision {to}; name one of {', '.join(line)}"
        )
    at = state.revisions[0] if state.revisions else BASE
    if at not in line or len(state.revisions) > 1:
        return to or "-1"  # Alembic says what is wrong
    if to is None:
        return line[line.index(at) - 1] if at != BASE else None
    if line.index(to) > line.index(at):
        raise SchemaError(
            f"the {database.title} is at {at}, before {to}; dataforeman-schema upgrade "
            "goes forward"
        )
    return to if to != at else None


def show_wait(
    progress: Progress, database: Database, left_s: float, reason: str
) -> None:
    """Show whom a downgrade waits for."""
    progress.wait(f"{database.title}: {reason}", left_s)
