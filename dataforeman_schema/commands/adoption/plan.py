"""What taking over a database does to it; nothing of that is done yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.accepted import SET_ASIDE, keep_accepted
from dataforeman_schema.alembic_env.comparison import Compared, compare_with_each
from dataforeman_schema.alembic_env.extension_state import read_extension
from dataforeman_schema.alembic_env.home import check_overloads, unpinned
from dataforeman_schema.alembic_env.lock_retry import is_locked
from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.catalog import NoScratchSchema
from dataforeman_schema.catalog.changes import Change, changes
from dataforeman_schema.catalog.operation import ObjectOp, RenameOp, noun_of
from dataforeman_schema.catalog.snapshot import without_comments
from dataforeman_schema.commands.adoption import disposition, metric_plan, metrics
from dataforeman_schema.commands.adoption.forms import RECORDS, Form, recognize
from dataforeman_schema.commands.adoption.metric_records import METRICS
from dataforeman_schema.commands.adoption.metric_rights import give_rights
from dataforeman_schema.commands.adoption.recorded import recorded_revision
from dataforeman_schema.commands.adoption.strays import Stray, find_strays, set_aside
from dataforeman_schema.commands.adoption.undo import keep_way_back
from dataforeman_schema.commands.health.search_path import schema_elsewhere
from dataforeman_schema.connection import reason
from dataforeman_schema.databases import (
    HYPERTABLES_QUERY,
    RESTORING,
    RESTORING_QUERY,
    refuse_elsewhere,
)
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic.operations import MigrateOperation
    from sqlalchemy import Connection

    from dataforeman_schema.catalog.comparison import Accepted
    from dataforeman_schema.databases import Database

ACCEPTED: Final = "accepted"
ADDED: Final = "added"
BRIDGED: Final = "bridged"
CONVERTED: Final = "converted"
FOREIGN: Final = "foreign"
IN_THE_WAY: Final = "in the way"


class Difference(NamedTuple):
    """A difference from the revision that the database will be at.

    Attributes:
        kind: What becomes of it: bridged without touching a row, added, converted, set
            aside, foreign and left alone, accepted as it is, or in the way.
        text: What it is, in words.
    """

    kind: str
    text: str


@dataclass
class AdoptionPlan:
    """What taking over a database does.

    Attributes:
        database: Which of the two.
        form: What made it; None where it is at a revision already.
        revision: The one that it is at, or will be.
        schema: The schema of its tables.
        differences: All that differs.
        operations: What bridges it, in one transaction.
        accepted: Rules of a later release, which stay as they are.
        later: The names of indexes that are made afterwards, chunk by chunk.
        strays: The empty tables of the other database that are set aside.
        names: The names of the metrics, where those of the application's form are
            converted; None where there is nothing to convert.
    """

    database: Database
    form: Form | None
    revision: str
    schema: str = "public"
    differences: list[Difference] = field(default_factory=list)
    operations: list[MigrateOperation] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    names: Mapping[int, str] | None = None

    @property
    def moved(self) -> list[str]:
        """The tables that are set aside."""
        return [it.name for it in self.strays] + [METRICS] * (self.names is not None)

    def note(self, kind: str, text: str) -> None:
        """Write down what becomes of a difference."""
        self.differences.append(Difference(kind, text))

    @property
    def obstacles(self) -> list[str]:
        """What is in the way."""
        return [it.text for it in self.differences if it.kind == IN_THE_WAY]


def plan_adoption(
    connection: Connection,
    database: Database,
    metric_names: Callable[[], Mapping[int, str]],
    *,
    keep_foreign: bool = False,
) -> AdoptionPlan:
    """Look at a database, and say what taking it over does.

    Bridging is tried in a transaction that is rolled back, so that what the server
    would refuse is known with its reason.

    Args:
        connection: A connection to it, in no transaction; nothing is changed.
        database: Which of the two it should be.
        metric_names: Reads the names of the metrics from the metadata database.
        keep_foreign: Whether one of a later release may be taken over, whose rules in
            our tables then stay as they are.

    Returns:
        The plan.

    Raises:
        SchemaError: It has none of our tables, or nothing that we know made it.
    """
    try:
        return _plan(connection, database, metric_names, keep_foreign=keep_foreign)
    except NoScratchSchema as error:
        raise SchemaError(
            f"the {database.title} cannot be compared: {error}"
        ) from error
    finally:
        connection.rollback()


def _plan(
    connection: Connection,
    database: Database,
    metric_names: Callable[[], Mapping[int, str]],
    *,
    keep_foreign: bool,
) -> AdoptionPlan:
    tables = set(inspect(connection).get_table_names())
    if recorded := recorded_revision(connection, database, tables):
        plan = AdoptionPlan(database, None, recorded)
        if left := metrics.rows_left(connection):
            plan.note(CONVERTED, f"table {METRICS}, the {left:,} rows that are left")
        return plan
    refuse_elsewhere(f"the {database.title}", schema_elsewhere(connection, database))
    form = _form(database, tables, keep_foreign=keep_foreign)
    if connection.scalar(text(f"SELECT EXISTS ({RESTORING_QUERY})")):
        raise SchemaError(f"the {database.title} {RESTORING}")
    database.register_operations()
    schema = str(connection.scalar(text("SELECT current_schema()")))
    names = None
    if database.needs_timescaledb and metrics.is_former(connection):
        names = metric_names()
        metrics.set_aside(connection, names)
    revision, compared = _nearest(connection, database)
    plan = AdoptionPlan(database, form, revision, schema, names=names)
    plan.differences += _converted(connection, plan)
    plan.strays = find_strays(connection, database, tables)
    plan.differences += _strays(plan.strays)
    _bridge(plan, connection, compared)
    plan.differences += _foreign(compared, plan)
    if not plan.obstacles:
        plan.differences += _try(connection, plan)
    return plan


def _form(database: Database, tables: set[str], *, keep_foreign: bool) -> Form:
    title, critical = database.title, set(database.critical_tables)
    if not critical & tables:
        raise SchemaError(
            f"the {title} has none of our tables; dataforeman-schema upgrade makes them"
        )
    form = recognize(tables, is_application=database.needs_timescaledb)
    if form is None:
        return Form("our own revisions", "no other tool has a record", is_known=False)
    if form.is_later and not keep_foreign:
        raise SchemaError(
            f"the {title} is of {form}, which this release does not know, and nothing "
            "was changed; install a release that knows it, or leave alone what it has "
            "beside our tables: adopt --keep-foreign"
        )
    return form


def _nearest(connection: Connection, database: Database) -> tuple[str, Compared]:
    """Choose the revision that the database will be at, and compare it with that.

    It is the one that makes exactly this, or else the newest; of several that make the
    same but for comments the oldest, for those after it add rows, which it may lack.
    """
    extension = read_extension(connection, database)
    newest_first = revisions(database)[::-1]
    compared = compare_with_each(connection, database, newest_first, extension)
    found = dict(zip(newest_first, compared, strict=True))
    newest = next(iter(found))
    exact = (revision for revision, it in found.items() if not it.operations)
    chosen = next(exact, newest)
    if not database.needs_timescaledb:  # its features are in no catalog
        made = without_comments(found[chosen].catalog.expected)
        same = [
            revision
            for revision, it in found.items()
            if without_comments(it.catalog.expected) == made
        ]
        chosen = same[-1]
    return chosen, found[chosen]


def _bridge(plan: AdoptionPlan, connection: Connection, compared: Compared) -> None:
    hypertables = _hypertables(connection, plan.database)
    comments = 0
    left: list[MigrateOperation] = []
    for change in changes(compared.operations):
        if change.table == METRICS and plan.names is not None:
            continue  # the new table, as the revisions make it
        if disposition.is_comment(change):
            comments += 1
        elif accepted := _accepted(plan, change, compared):
            plan.accepted += accepted
            left += change.operations
            plan.note(ACCEPTED, f"{change.where}, as it is, until a release knows it")
        elif obstacle := _obstacle(plan, change):
            plan.note(IN_THE_WAY, obstacle)
        elif _waits(change, hypertables):
            plan.later.append(change.objects[-1].name)
            left += change.operations
            plan.note(BRIDGED, f"{change.where}, chunk by chunk once that is recorded")
        else:
            plan.note(ADDED if disposition.adds(change) else BRIDGED, change.where)
    # A change is not made at once: what others rest on comes in between.
    plan.operations = [it for it in compared.operations if it not in left]
    if comments:
        plan.note(BRIDGED, f"the comments of {comments} tables and columns")


def _accepted(plan: AdoptionPlan, change: Change, compared: Compared) -> list[Accepted]:
    """List the differences that stay: rules of a later release, or of anybody else."""
    form = plan.form
    if form is None or not (form.is_later or (form.is_known and change.is_extra)):
        return []
    return disposition.accepted(change, compared.catalog)


def _obstacle(plan: AdoptionPlan, change: Change) -> str | None:
    if plan.form is not None and (plan.form.is_known or plan.form.is_later):
        return disposition.obstacle(change)
    return f"{change.where} is not that of our revisions, which nothing else made"


def _hypertables(connection: Connection, database: Database) -> set[str]:
    if not read_extension(connection, database).installed:
        return set()
    return set(connection.scalars(text(HYPERTABLES_QUERY)))


def _waits(change: Change, hypertables: set[str]) -> bool:
    """Tell whether an index is made later, so that rows can be written meanwhile."""
    [*_others, last] = change.operations
    is_index = isinstance(last, ObjectOp) and last.kind == "indexes"
    is_new = is_index and change.live is None and change.expected is not None
    return bool(is_new and change.table in hypertables)


def _converted(connection: Connection, plan: AdoptionPlan) -> Iterator[Difference]:
    if plan.names is None:
        return
    taken = metric_plan.estimate(connection)
    if isinstance(taken, str):
        words = f"how long the conversion of {METRICS} takes, and how much of the disk"
        yield Difference(IN_THE_WAY, f"{words}, cannot be estimated: {taken}")
        return
    words = (
        f"table {METRICS}, {taken.rows:,} rows of (tag_id, ts, v_num), into rows named "
        f"after {len(plan.names)} tags, chunk by chunk once that is recorded; about "
        f"{taken.seconds} s and {taken.size} more of disk; the former table stays as "
        f"{SET_ASIDE}.{METRICS} until adopt --finish"
    )
    yield Difference(CONVERTED, words)
    for reader in metric_plan.readers(connection):
        words = (
            f"{reader} reads {METRICS}, whose columns change; drop it, and make it "
            "again of (ts, metric_name, value) afterwards"
        )
        yield Difference(IN_THE_WAY, words)


def _strays(strays: list[Stray]) -> Iterator[Difference]:
    for stray in strays:
        if stray.rows:
            words = (
                f"table {stray.name} is of the other database and has {stray.rows} "
                "rows; move them there, or drop it if they are not needed"
            )
            yield Difference(IN_THE_WAY, words)
        else:
            words = f"table {stray.name}, empty and of the other database"
            yield Difference("set aside", words)


def _foreign(compared: Compared, plan: AdoptionPlan) -> Iterator[Difference]:
    other = {stray.name for stray in plan.strays}
    renamed = {
        f"{operation.table_name}.{operation.old}"
        for operation in compared.operations
        if isinstance(operation, RenameOp)
    }
    for extra in compared.catalog.extras():
        if not extra.tuned and extra.name not in other | renamed:
            record = ", the former tool's record" if extra.name in RECORDS else ""
            yield Difference(FOREIGN, f"{noun_of(extra.kind)} {extra.name}{record}")


def _try(connection: Connection, plan: AdoptionPlan) -> Iterator[Difference]:
    with connection.begin_nested() as trial:
        for step in steps(connection, plan):
            try:
                with connection.begin_nested():
                    step()
            except DBAPIError as error:
                if is_locked(error):
                    raise
                yield Difference(IN_THE_WAY, reason(error.orig))
        trial.rollback()


def steps(connection: Connection, plan: AdoptionPlan) -> Iterator[Callable[[], object]]:
    """Provide what bridges a database, one after the other.

    Args:
        connection: The connection that does it.
        plan: What is done; the metrics to be converted are set aside already.

    Yields:
        What does a step, in the caller's transaction.
    """
    check_overloads(connection)
    runner = Operations(MigrationContext.configure(connection))
    yield partial(set_aside, connection, plan.strays)
    for operation in plan.operations:
        yield unpinned(connection)(partial(runner.invoke, operation))
    if plan.names is not None:
        yield partial(give_rights, connection)
    yield partial(keep_way_back, connection, plan)
    yield partial(keep_accepted, connection, plan.accepted)
