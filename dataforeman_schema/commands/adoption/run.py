"""Taking over both databases: all of a pair, or nothing of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.accepted import SET_ASIDE, keep_accepted
from dataforeman_schema.alembic_env.history import record_adoption
from dataforeman_schema.alembic_env.lock import migration_lock
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.revisions import scripts
from dataforeman_schema.alembic_env.session import prepared
from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.commands.adoption import metrics
from dataforeman_schema.commands.adoption.metric_records import FORMER, records_exist
from dataforeman_schema.commands.adoption.plan import (
    METRICS,
    AdoptionPlan,
    plan_adoption,
)
from dataforeman_schema.commands.adoption.proof import (
    Fingerprint,
    ReportedTable,
    differences,
    fingerprints,
    report,
    tables,
)
from dataforeman_schema.commands.adoption.strays import set_aside
from dataforeman_schema.commands.adoption.undo import (
    close_way_back,
    keep_way_back,
    take_back,
)
from dataforeman_schema.commands.migrate import migrate
from dataforeman_schema.connection import SET_SEARCH_PATH, reason
from dataforeman_schema.databases import META
from dataforeman_schema.engine import create_engine
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_OPTIONS: Final = Options()


@dataclass
class Adoption:
    """The taking over of one database.

    Attributes:
        database: Which of the two.
        settings: Where it is.
        say: Told what is done.
        progress: Told how far the proof is.
        counts_only: Whether rows are counted only.
        keep_foreign: Whether it may be of a later release, whose rules then stay.
        proof: The tables with their rows and checksums, once they are proved equal.
    """

    database: Database
    settings: ConnectionSettings
    say: Callable[[str], None]
    progress: Callable[[str], None]
    counts_only: bool = False
    keep_foreign: bool = False
    proof: list[ReportedTable] = field(default_factory=list)

    def plan(self) -> AdoptionPlan:
        """Say what it does; nothing is changed.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: It is nothing that can be taken over.
        """
        with self._session() as connection:
            connection.execute(text(SET_SEARCH_PATH))
            connection.commit()
            return self._plan(connection)

    def _plan(self, connection: Connection) -> AdoptionPlan:
        return plan_adoption(
            connection,
            self.database,
            self.metric_names,
            keep_foreign=self.keep_foreign,
        )

    def run(self) -> None:
        """Bridge, prove and record, in one transaction, under the migration lock.

        Revisions after the recorded one run then, each in its own transaction.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: Something is in the way, or a row is not what it was; nothing
                is changed then.
        """
        with self._locked() as connection:
            plan = self._plan(connection)
            if plan.form is None:
                self.say(f"{self.database.title}: at {plan.revision}, nothing to adopt")
                self._convert(connection)
                return
            refuse([plan])
            # Rows that the application writes meanwhile are no part of the proof.
            reading = connection.execution_options(isolation_level="REPEATABLE READ")
            with reading.begin():
                self._take_over(reading, plan)
            connection.execution_options(isolation_level="READ COMMITTED")
            _make_indexes(connection, plan)
            self._convert(connection)
        migrate(self.database, self.settings, _OPTIONS, self.say, self.say)

    def _take_over(self, connection: Connection, plan: AdoptionPlan) -> None:
        before = tables(connection)
        counted = before if self.counts_only else ()
        was = fingerprints(connection, before, counts_only=counted, say=self.progress)
        _bridge(connection, plan)
        home = quote(plan.schema)
        moved = {f"{home}.{quote(name)}": _aside(name) for name in plan.moved}
        after = {moved.get(name, name): columns for name, columns in before.items()}
        counted = after if self.counts_only else ()
        now = fingerprints(connection, after, counts_only=counted, say=self.progress)
        self._prove(was, now, moved)
        context = MigrationContext.configure(connection)
        [script] = [it for it in scripts(self.database) if it.revision == plan.revision]
        assert plan.form is not None  # noqa: S101 - nothing is adopted twice
        record_adoption(context, script, plan.form.name)
        keep_way_back(connection, plan)
        keep_accepted(connection, plan.accepted)
        self.say(
            f"{self.database.title}: of {plan.form.name}, adopted at {plan.revision}; "
            f"{_summary(was)}"
        )

    def _convert(self, connection: Connection) -> None:
        """Convert what is set aside, or go on where that was interrupted."""
        if not (self.database.needs_timescaledb and records_exist(connection)):
            connection.rollback()
            return
        connection.rollback()
        converted = metrics.convert(connection, self.progress)
        if found := metrics.prove(connection):
            raise SchemaError(
                f"{FORMER} stays, because {METRICS} differs from it: {'; '.join(found)}"
            )
        connection.rollback()
        self.say(
            f"{self.database.title}: {converted.rows:,} rows of {METRICS} converted "
            f"and proved, {converted.of_unknown_tags:,} of them of unknown tags; "
            f"{converted.without_value:,} without a value stay in {FORMER}"
        )

    def finish(self) -> None:
        """Drop what was set aside to be converted, once that is complete and proved.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: It is not; nothing is changed then.
        """
        with self._locked() as connection, connection.begin():
            if not self.database.needs_timescaledb or not records_exist(connection):
                self.say(f"{self.database.title}: nothing to finish")
                return
            self.say(f"{self.database.title}: {metrics.finish(connection)}")
            close_way_back(connection)

    def metric_names(self) -> dict[int, str]:
        """Read the names of the application's metrics from the metadata database."""
        engine = create_engine(META.settings(), poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(SET_SEARCH_PATH))
            return metrics.tag_paths(connection)

    def _prove(
        self,
        was: Mapping[str, Fingerprint],
        now: Mapping[str, Fingerprint],
        moved: Mapping[str, str],
    ) -> None:
        if found := differences(was, now, moved):
            raise SchemaError(
                f"the {self.database.title} would not be what it was, and nothing was "
                f"changed: {'; '.join(found)}"
            )
        self.proof = report(now)

    def undo(self) -> None:
        """Give the database back to what made it; rows written since are kept.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: It was not adopted, or a revision ran since.
        """
        with self._locked() as connection, connection.begin():
            take_back(connection, self.database)
        self.say(f"{self.database.title}: it is as it was before it was adopted")

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        with (
            self._session() as connection,
            prepared(connection, _OPTIONS),
            migration_lock(connection, _OPTIONS.lock_wait),
        ):
            yield connection

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        engine = create_engine(self.settings, poolclass=NullPool)
        with engine.connect() as connection:
            yield connection


def refuse(plans: list[AdoptionPlan]) -> None:
    """Refuse a pair of which something is in the way.

    Raises:
        SchemaError: What is in the way, in one line.
    """
    found = [
        f"the {plan.database.title} has in the way: {'; '.join(plan.obstacles)}"
        for plan in plans
        if plan.obstacles
    ]
    if found:
        raise SchemaError(
            f"{'; '.join(found)}; nothing was changed: mend that and try again"
        )


def _bridge(connection: Connection, plan: AdoptionPlan) -> None:
    runner = Operations(MigrationContext.configure(connection))
    try:
        set_aside(connection, plan.strays)
        if plan.names is not None:
            metrics.set_aside(connection, plan.names)
        for operation in plan.operations:
            runner.invoke(operation)
    except DBAPIError as error:
        raise SchemaError(
            f"the {plan.database.title} cannot be taken over, and nothing was changed: "
            f"{reason(error.orig)}"
        ) from error


def _make_indexes(connection: Connection, plan: AdoptionPlan) -> None:
    """Make what would keep rows from being written, a chunk at a time."""
    declared = {
        str(index.name): (table.name, index)
        for table in plan.database.metadata().tables.values()
        for index in table.indexes
    }
    context = MigrationContext.configure(connection)
    for name in plan.later:
        table, index = declared[name]
        columns = list(index.expressions)
        with context.begin_transaction():
            Operations(context).create_hypertable_index(  # type: ignore[attr-defined]
                name, table, columns, if_not_exists=True
            )
        connection.commit()


def _aside(table: str) -> str:
    return f"{SET_ASIDE}.{quote(table)}"


def _summary(was: Mapping[str, Fingerprint]) -> str:
    rows = sum(each.rows for each in was.values())
    how = "every checksum is" if all(it.checksum for it in was.values()) else "they are"
    return f"{len(was)} tables with {rows:,} rows, {how} as before"
