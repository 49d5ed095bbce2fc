"""What must hold of a database before Alembic works on it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from dataforeman_schema.alembic_env.home import read_recorded
from dataforeman_schema.alembic_env.revision_files import unknown_revision
from dataforeman_schema.catalog.question import ASK, open_question
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.read_only import READ_ONLY_QUERY, ReadOnly

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory
    from sqlalchemy import Connection


def check_scripts(script: ScriptDirectory) -> set[str]:
    """Load every revision of a tree.

    Returns:
        Their ids.

    Raises:
        SchemaError: A revision's file is broken or has an open question, or they do
            not fit together.
    """
    try:
        with warnings.catch_warnings():
            # Alembic's own, of two files with one id or of a missing one; a warning of
            # Python or a library about what a file does is none of the tree.
            warnings.filterwarnings("error", r"Revision .* is (not )?present")
            revisions = list(script.walk_revisions())
    except Exception as error:  # a revision's file is code: anything can be wrong
        reason = str(error).partition("\n")[0]
        raise SchemaError(
            f"the revisions in {', '.join(script.version_locations or [])} cannot be "
            f"read ({type(error).__name__}: {reason}); mend the file, or install the "
            "package again"
        ) from error
    for revision in revisions:
        _refuse_open_question(revision)
    return {revision.revision for revision in revisions}


def _refuse_open_question(revision: Script) -> None:
    module = revision.module
    functions = [getattr(module, name, None) for name in ("upgrade", "downgrade")]
    if open_question(*(function for function in functions if function)):
        raise SchemaError(
            f"{revision.path} has an open question: read what is below op.{ASK}, "
            f"keep one of the choices in each function, and delete op.{ASK}"
        )


def check_recorded(
    connection: Connection, database: Database, known: set[str] | None
) -> None:
    """Refuse a database whose recorded revisions are not of this tree.

    Reads only.

    Args:
        connection: An open connection to it.
        database: The database that was chosen.
        known: The ids of the tree's revisions. None lets unknown ones pass, and those
            of the other tree where the tables show that only the record is wrong.

    Raises:
        SchemaError: The other tree migrated it, or a newer release did.
    """
    if not inspect(connection).has_table("alembic_version"):
        return
    for revision in read_recorded(connection):
        other = DATABASES.get(revision.partition("_")[0])
        if other is not None and other.name != database.name:
            if known is None and _has_tables(connection, database):
                continue
            raise SchemaError(_explain_other(other, revision, database))
        if known is not None and revision not in known:
            raise unknown_revision(database, revision)


def _has_tables(connection: Connection, database: Database) -> bool:
    there = inspect(connection).get_table_names()
    return set(database.critical_tables) <= set(there)


def _explain_other(other: Database, revision: str, database: Database) -> str:
    names = database.variables
    return (
        f"this is the {other.title} (it is at {revision}), not the {database.title}; "
        f"set {names.whole('DATABASE')} to the {database.title}, "
        f"or run alembic -n {other.name}"
    )


def check_writable(connection: Connection, database: Database) -> None:
    """Refuse a standby, what is set to be read-only, and a role without a schema.

    Raises:
        SchemaError: Nothing can be written there.
    """
    if connection.scalar(text("SELECT current_schema()")) is None:
        raise SchemaError(
            f"the role has no schema in the {database.title}: its search_path is "
            "empty, or names none that is there and that it may use; "
            "dataforeman-schema verify says what mends it"
        )
    if connection.scalar(text("SHOW transaction_read_only")) == "on":
        why = ReadOnly(*connection.execute(text(READ_ONLY_QUERY)).one())
        raise why.refusal(f"the {database.title}", database.variables)
