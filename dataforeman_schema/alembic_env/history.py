"""schema_history: who changed the schema when, in each database."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.script import Script
from psycopg2 import DataError
from psycopg2.errors import CannotCoerce
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    cast,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable, SetColumnComment, SetTableComment

from dataforeman_schema.alembic_env.home import at_home
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from alembic.runtime.migration import MigrationContext, MigrationInfo
    from sqlalchemy import ColumnElement, Connection, Insert, Row

HISTORY = Table(
    "schema_history",
    MetaData(),
    Column(
        "applied_at",
        DateTime(timezone=True),
        server_default=func.clock_timestamp(),
        primary_key=True,
        comment="When the revision ran or was stamped (UTC instant).",
    ),
    Column(
        "revision", Text, primary_key=True, comment="Which revision, such as meta_001."
    ),
    Column(
        "direction",
        Text,
        nullable=False,
        comment="upgrade, downgrade, stamp (the database was said to be at this "
        "revision) or unstamp (it was said to be at none and was at this one).",
    ),
    Column(
        "duration_ms",
        Float,
        nullable=False,
        comment="Time from the beginning of the revision's transaction (ms).",
    ),
    Column(
        "checksum",
        Text,
        nullable=False,
        comment="SHA-256 of the revision's file, in hexadecimal.",
    ),
    Column(
        "package_version",
        Text,
        nullable=False,
        comment="Release of dataforeman-schema that did it.",
    ),
    comment="What happened to the schema: one row a revision that ran or was stamped.",
)
"""Who changed the schema when, as the migrations record it."""

VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32)),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""The record of the revision that the database is at, as Alembic makes it."""

BOOKKEEPING_TABLES = {table.name: table for table in (VERSION, HISTORY)}
"""The tables that belong to the migrations themselves and to no model, by name."""

_ADOPTED = "adopt"
_TICK = text("INTERVAL '1 microsecond'")
# Rows are in the order in which things happened, though the clock may be set back. The
# clock is read last, so that nothing passes before the duration is.
_APPLIED_AT = func.greatest(
    select(func.max(HISTORY.c.applied_at) + _TICK).scalar_subquery(),
    func.clock_timestamp(),
)
_DURATION_MS = text("extract(epoch FROM clock_timestamp() - now()) * 1000.0")


class Recorder:
    """Writes the rows of one run's revisions, each in the transaction of its own.

    The table is made with the first one. Where that is rolled back the run ends, and
    another try is another run, with a recorder of its own.
    """

    def __init__(self) -> None:
        self._is_made = False

    def __call__(
        self,
        ctx: MigrationContext,
        step: MigrationInfo,
        heads: object,  # noqa: ARG002 - Alembic passes these two by name
        run_args: object,  # noqa: ARG002
    ) -> None:
        """Write a revision's row.

        Args:
            ctx: The migration context, online or offline.
            step: The revision that was applied, undone or stamped.
            heads: Where the database is afterwards; not needed.
            run_args: What the environment hands to revisions; not needed.
        """
        if not self._is_made:
            # The table is new, but for a stamp.
            _create(ctx, with_comments=not step.source_revision_ids)
            self._is_made = not ctx.as_sql  # whose parts may be run one by one
        refuse_below_adoption(ctx, step)
        for script in _scripts(step):
            _write(ctx, script, _direction(step))


def refuse_below_adoption(ctx: MigrationContext, step: MigrationInfo) -> None:
    """Refuse to undo the revision at which a database was adopted, or one before it.

    What was there before it is not what the revision's downgrade leaves.

    Raises:
        SchemaError: It was adopted at this revision; the downgrade is rolled back.
    """
    if step.is_upgrade or step.is_stamp or ctx.as_sql or ctx.connection is None:
        return
    if was_adopted(ctx.connection, HISTORY.c.revision == step.up_revision_id):
        raise SchemaError(
            f"the database was adopted at {step.up_revision_id}, and what was before "
            "that is no revision; dataforeman-schema adopt --undo takes that back"
        )


def was_adopted(connection: Connection, *conditions: ColumnElement[bool]) -> bool:
    """Tell whether the history says that a database was adopted, as on conditions."""
    if not inspect(connection).has_table(HISTORY.name):
        return False
    is_adoption = HISTORY.c.direction.startswith(_ADOPTED)
    query = select(HISTORY.c.revision).where(is_adoption, *conditions)
    options = at_home(connection)
    return connection.scalar(query, execution_options=options) is not None


def record_adoption(ctx: MigrationContext, script: Script, form: str) -> None:
    """Record the revision that an adopted database is at, in the transaction of it.

    Args:
        ctx: A migration context of the database.
        script: The revision.
        form: What made the database, in words.
    """
    ctx.impl.execute(CreateTable(VERSION, if_not_exists=True))
    _insert(ctx, VERSION.insert().values(version_num=script.revision))
    _create(ctx, with_comments=True)
    _write(ctx, script, f"{_ADOPTED} ({form})")


def record_rewritten(connection: Connection, script: Script) -> None:
    """Record that a revision which ran is what its file says now, written again."""
    connection.execute(
        HISTORY.update()
        .where(HISTORY.c.revision == script.revision, HISTORY.c.direction == "upgrade")
        .values(checksum=checksum(script)),
        execution_options=at_home(connection),
    )


def _create(ctx: MigrationContext, *, with_comments: bool) -> None:
    ctx.impl.execute(CreateTable(HISTORY, if_not_exists=True))
    if with_comments:
        ctx.impl.execute(SetTableComment(HISTORY))
        for column in HISTORY.c:
            ctx.impl.execute(SetColumnComment(column))


def _write(ctx: MigrationContext, script: Script, direction: str) -> None:
    row = HISTORY.insert().inline()
    _insert(
        ctx,
        row.values(
            applied_at=_APPLIED_AT,
            revision=literal(script.revision),
            direction=literal(direction),
            duration_ms=_DURATION_MS,
            checksum=literal(checksum(script)),
            package_version=literal(_package_version()),
        ),
    )


def _insert(ctx: MigrationContext, row: Insert) -> None:
    """Insert a row into a table of our schema, which a script does not name."""
    schema = ctx.version_table_schema
    if ctx.as_sql or ctx.connection is None or schema is None:
        ctx.impl.execute(row)
        return
    # Alembic would leave the options on the connection, for all that comes later.
    options = {"schema_translate_map": {None: schema}}
    ctx.connection.execute(row, execution_options=options)


@cache  # reading it takes as long as writing a row
def _package_version() -> str:
    return version("dataforeman-schema")


def read_rows(
    connection: Connection, table: Table, columns: Container[tuple[str, str]]
) -> Sequence[Row[Any]] | str:
    """Read the rows of a table, each once, by its first column.

    Their values are cast to what is declared: those of another type may be the same.

    Args:
        connection: An open connection.
        table: One of the migrations' own that is there, as it is declared.
        columns: The names of all columns that are there, each after its table's.

    Returns:
        The rows, or in words why they cannot be read.
    """
    lacking = [
        column.name for column in table.c if (table.name, column.name) not in columns
    ]
    if lacking:
        return f"it lacks columns ({', '.join(lacking)})"
    values = [cast(column, column.type).label(column.name) for column in table.c]
    query = select(*values).distinct().order_by(values[0])
    try:
        with connection.begin_nested():
            options = at_home(connection)
            return connection.execute(query, execution_options=options).all()
    except DBAPIError as error:
        if not isinstance(error.orig, (DataError, CannotCoerce)):
            raise
        return "it has values of other types than the schema's"


def checksum(script: Script) -> str:
    """Compute the SHA-256 of a revision's file, in hexadecimal."""
    return sha256(Path(script.path).read_bytes()).hexdigest()


def _scripts(step: MigrationInfo) -> tuple[Script, ...]:
    named = step.destination_revisions if step.is_stamp else ()
    return tuple(
        script for script in named or step.up_revisions if isinstance(script, Script)
    )


def _direction(step: MigrationInfo) -> str:
    if step.is_stamp:
        return "stamp" if step.destination_revision_ids else "unstamp"
    return "upgrade" if step.is_upgrade else "downgrade"
