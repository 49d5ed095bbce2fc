"""Taking over both databases: all of a pair, or nothing of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.accepted import SET_ASIDE
from dataforeman_schema.alembic_env.history import record_adoption
from dataforeman_schema.alembic_env.home import check_overloads
from dataforeman_schema.alembic_env.lock import migration_lock
from dataforeman_schema.alembic_env.lock_retry import retry_locked
from dataforeman_schema.alembic_env.options import WAITS, Options
from dataforeman_schema.alembic_env.revisions import scripts
from dataforeman_schema.alembic_env.session import open_session
from dataforeman_schema.commands.adoption import metrics
from dataforeman_schema.commands.adoption.indexes import make_indexes
from dataforeman_schema.commands.adoption.metric_records import (
    FORMER,
    METRICS,
    records_exist,
)
from dataforeman_schema.commands.adoption.plan import (
    AdoptionPlan,
    plan_adoption,
    steps,
)
from dataforeman_schema.commands.adoption.proof import (
    Fingerprint,
    ReportedTable,
    differences,
    fingerprints,
    report,
    tables,
)
from dataforeman_schema.commands.adoption.undo import (
    check_way_back,
    close_way_back,
    left_to_do,
    take_back,
)
from dataforeman_schema.commands.migrate import migrate, reported
from dataforeman_schema.connection import reason
from dataforeman_schema.databases import META
from dataforeman_schema.engine import connect_pinned
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.pinning import SET_SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


_UNCHANGED: Final = "taken over, and nothing was changed"


@dataclass
class Adoption:
    """The taking over of one database.

    Attributes:
        database: Which of the two.
        settings: Where it is.
        say: Told what is done.
        progress: Told how far the proof is, and what other sessions keep it waiting.
        counts_only: Whether rows are counted only.
        keep_foreign: Whether it may be of a later release, whose rules then stay.
        options: How to wait for other sessions.
        proof: The tables with their rows and checksums, once they are proved equal.
        conversion: What became of the metrics, once that is proved.
    """

    database: Database
    settings: ConnectionSettings
    say: Callable[[str], None]
    progress: Callable[[str], None]
    counts_only: bool = False
    keep_foreign: bool = False
    options: Options = field(default_factory=Options)
    proof: list[ReportedTable] = field(default_factory=list)
    conversion: metrics.Conversion | None = None

    def plan(self) -> AdoptionPlan:
        """Say what it does; nothing is changed.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: It is nothing that can be taken over.
        """
        found: list[AdoptionPlan] = []

        def plan() -> None:
            found.append(self._plan(connection))

        with open_session(self.settings, self.options) as connection:
            self._patiently(connection, _UNCHANGED, plan)
        return found[-1]

    def _plan(self, connection: Connection) -> AdoptionPlan:
        return plan_adoption(
            connection,
            self.database,
            self.metric_names,
            keep_foreign=self.keep_foreign,
        )

    def run(self) -> None:
        """Bridge, prove and record, in one transaction, under the migration lock.

        What comes after that, each in its own transaction: indexes, the conversion and
        the revisions after the recorded one. One that was killed there goes on.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: Something is in the way, or a row is not what it was; nothing
                is changed then.
        """
        with self._locked() as connection:
            self._patiently(connection, _UNCHANGED, partial(self._record, connection))
            later = left_to_do(connection, self.database)
            connection.rollback()
            self._patiently(
                connection,
                "completed; adopt goes on where it was",
                partial(self._complete, connection, later),
            )
        if later is not None:
            migrate(self.database, self.settings, self.options, self.progress, self.say)

    def _record(self, connection: Connection) -> None:
        plan = self._plan(connection)
        if plan.form is None:
            self.say(f"{self.database.title}: at {plan.revision}, nothing to adopt")
            return
        refuse([plan])
        # Rows that the application writes meanwhile are no part of the proof.
        reading = connection.execution_options(isolation_level="REPEATABLE READ")
        try:
            with reading.begin():
                self._take_over(reading, plan)
        finally:
            if not connection.invalidated:  # or the reason would be lost
                connection.execution_options(isolation_level="READ COMMITTED")

    def _complete(self, connection: Connection, later: list[str] | None) -> None:
        make_indexes(connection, self.database, later or ())
        self._convert(connection)

    def _take_over(self, connection: Connection, plan: AdoptionPlan) -> None:
        before = tables(connection)
        counted = before if self.counts_only else ()
        was = fingerprints(connection, before, counts_only=counted, say=self.progress)
        _bridge(connection, plan)
        home = connection.scalar(select(func.quote_ident(plan.schema)))
        moved = {f"{home}.{name}": f"{SET_ASIDE}.{name}" for name in plan.moved}
        after = {moved.get(name, name): columns for name, columns in before.items()}
        counted = after if self.counts_only else ()
        now = fingerprints(connection, after, counts_only=counted, say=self.progress)
        self._prove(was, now, moved)
        opts = {"version_table_schema": plan.schema}
        context = MigrationContext.configure(connection, opts=opts)
        [script] = [it for it in scripts(self.database) if it.revision == plan.revision]
        assert plan.form is not None  # noqa: S101 - nothing is adopted twice
        record_adoption(context, script, plan.form.name)
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
        self.conversion = converted
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
        with self._locked() as connection:
            self._patiently(connection, "finished", partial(self._finish, connection))

    def _finish(self, connection: Connection) -> None:
        with connection.begin():
            if not self.database.needs_timescaledb or not records_exist(connection):
                self.say(f"{self.database.title}: nothing to finish")
                return
            dropped = metrics.finish(connection)
            close_way_back(connection)
        self.say(f"{self.database.title}: {dropped}")

    def metric_names(self) -> dict[int, str]:
        """Read the names of the application's metrics from the metadata database."""
        with connect_pinned(META.settings()) as connection:
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

    def check_undo(self) -> None:
        """Refuse where there is no way back; nothing is changed.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: It was not adopted, or a revision ran since.
        """
        with open_session(self.settings, self.options) as connection:
            check_way_back(connection, self.database)

    def undo(self) -> None:
        """Give the database back to what made it; rows written since are kept.

        Raises:
            ConnectionFailed: The database cannot be reached.
            SchemaError: It was not adopted, or a revision ran since.
        """
        with self._locked() as connection:
            self._patiently(
                connection, "given back", partial(self._take_back, connection)
            )
        self.say(f"{self.database.title}: it is as it was before it was adopted")

    def _take_back(self, connection: Connection) -> None:
        with connection.begin():
            take_back(connection, self.database)

    def _patiently(
        self, connection: Connection, what: str, work: Callable[[], None]
    ) -> None:
        """Do work that begins again where it meets a table that is locked."""
        try:
            with reported(WAITS, self.progress):
                retry_locked(connection, self.options, self.options.lock_wait, work)
        except DBAPIError as error:
            raise SchemaError(
                f"the {self.database.title} cannot be {what}: {reason(error.orig)}"
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        with (
            open_session(self.settings, self.options) as connection,
            reported(WAITS, self.progress),
            migration_lock(connection, self.options.lock_wait),
        ):
            check_overloads(connection)
            connection.rollback()
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
    if plan.names is not None:
        metrics.set_aside(connection, plan.names)
    for step in steps(connection, plan):
        step()


def _summary(was: Mapping[str, Fingerprint]) -> str:
    rows = sum(each.rows for each in was.values())
    counted = f"{len(was)} tables with {rows:,} rows"
    if all(it.checksum for it in was.values()):
        return f"{counted}, every checksum is as before"
    return f"{counted}, as before, which were counted only: no value was compared"
