"""Giving a database back to what made it, until the next revision runs."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, Text, inspect, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import CreateSchema

from dataforeman_schema.alembic_env.accepted import SET_ASIDE, forget_accepted
from dataforeman_schema.alembic_env.data_loss import data_loss_guard
from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES
from dataforeman_schema.alembic_env.home import read_recorded, unpinned
from dataforeman_schema.alembic_env.revision_files import head_revision
from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.commands.adoption import metrics
from dataforeman_schema.commands.adoption.metric_records import METRICS, records_exist
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy import Connection

    from dataforeman_schema.commands.adoption.plan import AdoptionPlan
    from dataforeman_schema.databases import Database

_LOST: Final = (
    "going back would lose %s, which came after the adoption; nothing was changed: "
    "keep them elsewhere, and empty what was added"
)
_WAY_BACK: Final = Table(
    "way_back",
    MetaData(schema=SET_ASIDE),
    Column("head", Text),
    Column("statements", Text),
    Column("later", ARRAY(Text)),
    comment="What dataforeman-schema adopt --undo runs, and adopt has to go on with.",
)


def keep_way_back(connection: Connection, plan: AdoptionPlan) -> None:
    """Write down what takes an adoption back, in the transaction of it.

    Args:
        connection: The connection that adopts.
        plan: What is done.
    """
    connection.execute(CreateSchema(SET_ASIDE, if_not_exists=True))
    _WAY_BACK.create(connection)
    kept = {
        "head": head_revision(plan.database),
        "statements": "".join(_statements(plan)),
        "later": plan.later,
    }
    connection.execute(_WAY_BACK.insert(), kept)


def left_to_do(connection: Connection, database: Database) -> list[str] | None:
    """Say what an adoption has to do once it is recorded, and may have been killed in.

    Args:
        connection: A connection to the database.
        database: Which of the two.

    Returns:
        The names of the indexes that are made then, the revisions after the recorded
        one aside; None where nothing was adopted by this release of the package.
    """
    if not _is_kept(connection):
        return None
    head, _statements, later = connection.execute(select(_WAY_BACK)).one()
    return later if head == head_revision(database) else None


def _statements(plan: AdoptionPlan) -> Iterator[str]:
    for name in plan.later:
        yield f"DROP INDEX IF EXISTS {quote(name)};\n"
    written = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": written, "literal_binds": True},
    )
    for operation in reversed(plan.operations):
        if _is_converted(plan, operation):
            continue  # the former table comes back as it was
        Operations(context).invoke(operation.reverse())
    yield written.getvalue()
    for stray in plan.strays:
        name = quote(stray.name)
        yield f"ALTER TABLE {SET_ASIDE}.{name} SET SCHEMA {quote(plan.schema)};\n"


def _is_converted(plan: AdoptionPlan, operation: MigrateOperation) -> bool:
    table = getattr(operation, "table_name", getattr(operation, "relation", None))
    return plan.names is not None and table == METRICS


def check_way_back(connection: Connection, database: Database) -> str:
    """Refuse to take back what was not adopted, or what a revision changed since.

    Args:
        connection: A connection to the database; nothing is changed.
        database: Which of the two.

    Returns:
        The statements that take the adoption back.

    Raises:
        SchemaError: There is no way back.
    """
    head, statements = _way_back(connection, database)
    recorded = read_recorded(connection)
    if recorded != [head]:
        raise SchemaError(
            f"the {database.title} was adopted at {head} and is at "
            f"{', '.join(recorded) or 'no revision'} now: the way back is closed"
        )
    return statements


def take_back(connection: Connection, database: Database) -> None:
    """Take an adoption back, in the caller's transaction; no row is touched.

    Args:
        connection: A connection to the database.
        database: Which of the two.

    Raises:
        SchemaError: It was not adopted, a revision ran since, or what was added has
            values.
    """
    statements = check_way_back(connection, database)
    if database.needs_timescaledb and records_exist(connection):
        metrics.undo(connection)
    if statements.strip():
        with data_loss_guard(connection, database, _LOST, allowed=False):
            _run(connection, statements)
    _WAY_BACK.drop(connection)
    forget_accepted(connection)
    for name in BOOKKEEPING_TABLES:
        _run(connection, f"DROP TABLE {name}")
    _drop_empty_schema(connection)


def close_way_back(connection: Connection) -> None:
    """Forget the way back, in the caller's transaction: something of it is gone."""
    _WAY_BACK.drop(connection, checkfirst=True)
    _drop_empty_schema(connection)


def _drop_empty_schema(connection: Connection) -> None:
    if not inspect(connection).get_table_names(SET_ASIDE):
        _run(connection, f"DROP SCHEMA IF EXISTS {SET_ASIDE}")


def _way_back(connection: Connection, database: Database) -> tuple[str, str]:
    if not _is_kept(connection):
        raise SchemaError(
            f"the {database.title} was not adopted, or that is finished: there is "
            "nothing to take back"
        )
    head, statements, _later = connection.execute(select(_WAY_BACK)).one()
    return head, statements


def _is_kept(connection: Connection) -> bool:
    return inspect(connection).has_table(_WAY_BACK.name, SET_ASIDE)


def _run(connection: Connection, statement: str) -> None:
    with unpinned(connection):
        connection.exec_driver_sql(statement.replace("%", "%%"))
