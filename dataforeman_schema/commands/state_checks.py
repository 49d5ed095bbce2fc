"""What must hold of a database that services start with, or that migrations touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.adoption.forms import NOBODY
from dataforeman_schema.databases import RESTORING, refuse_elsewhere
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import timescaledb_is_optional

if TYPE_CHECKING:
    from dataforeman_schema.commands.probe import DatabaseState
    from dataforeman_schema.databases import Database, OfferedTimescale
    from dataforeman_schema.settings import ConnectionSettings

_UNIVERSAL_ENCODINGS: Final = {"UTF8", "SQL_ASCII"}
"""Encodings of a database that turn no character away."""


def check_timescaledb(database: Database, offered: OfferedTimescale) -> None:
    """Refuse a server that cannot give a database the TimescaleDB that it needs.

    Raises:
        SchemaError: What is wrong and what to do.
    """
    if problem := offered.problem(database, optional=timescaledb_is_optional()):
        raise SchemaError(problem)


def check_usable(
    database: Database, settings: ConnectionSettings, state: DatabaseState
) -> None:
    """Refuse a database in which tables and rows are not what they seem.

    Args:
        database: Which of the two it is.
        settings: Where it is.
        state: What it is like.

    Raises:
        SchemaError: What is wrong and what to do.
    """
    place = f"the {database.title} ({settings})"
    if database.needs_timescaledb:
        check_timescaledb(database, state.timescaledb)
    if state.is_new and state.encoding not in _UNIVERSAL_ENCODINGS:
        raise SchemaError(
            f"{place} is in {state.encoding}, which cannot hold every character; drop "
            "it, and the next upgrade creates it in UTF8"
        )
    if state.is_restoring:
        raise SchemaError(f"{place} {RESTORING}")
    refuse_elsewhere(place, state.elsewhere)
    if not (state.is_new or state.revisions or state.missing):
        raise SchemaError(
            f"{place} has our tables, and no record of a revision: it is of "
            f"{state.form or NOBODY}; dataforeman-schema adopt {database.name} --plan "
            "says what taking it over does"
        )


def check_at_head(database: Database, state: DatabaseState) -> None:
    """Refuse a database that is not at head, or lacks what services start with.

    Args:
        database: Which of the two it is.
        state: What it is like.

    Raises:
        SchemaError: What is wrong and what to do.
    """
    if state.revisions != (state.head,):
        raise SchemaError(
            f"the {database.title} records {', '.join(state.revisions) or 'nothing'} "
            f"where {state.head} alone should be; dataforeman-schema verify says how "
            "to mend it"
        )
    if state.missing:
        raise SchemaError(
            f"the {database.title} is at {', '.join(state.revisions)} but lacks "
            f"{', '.join(state.missing)}, without which the connectivity service does "
            "not start; dataforeman-schema verify says how to mend it"
        )
