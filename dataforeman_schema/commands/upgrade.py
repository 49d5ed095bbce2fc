"""The command at service start: wait, create, migrate, verify, say what was done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dataforeman_schema.commands.ahead import ahead
from dataforeman_schema.commands.lean import lean_imports
from dataforeman_schema.commands.probe import DatabaseState, probe
from dataforeman_schema.commands.state_checks import (
    check_at_head,
    check_timescaledb,
    check_usable,
)
from dataforeman_schema.commands.wait import (
    Wait,
    create_database,
    offered_timescaledb,
)
from dataforeman_schema.connection import ConnectionFailed
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import timescaledb_is_optional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.settings import ConnectionSettings

W = TypeVar("W", bound="DatabaseUpgrade")


def upgrade(
    progress: Progress, wait_s: float, make_options: Callable[[], Options]
) -> None:
    """Bring both databases to head, the metadata database first.

    With nothing to do, neither SQLAlchemy nor Alembic is imported. A server that goes
    away in the middle is waited for again.

    Args:
        progress: Told what happens.
        wait_s: The longest wait for each server to be reached, and the longest for it
            to stay there once it was, in seconds.
        make_options: How the migrations wait; called only if there are any.

    Raises:
        SchemaError: What is wrong and what to do, a released revision that was changed
            say; a revision that failed has been rolled back, and the databases before
            it stay upgraded.
    """
    for work, before in reach_databases(progress, wait_s):
        work.bring_to_head(before, make_options)


def reach_databases(
    progress: Progress, wait_s: float
) -> list[tuple[DatabaseUpgrade, DatabaseState | None]]:
    """Look at both databases, and refuse what no upgrade may touch; change nothing.

    Args:
        progress: Told what is waited for.
        wait_s: The longest wait for each server to be reached, in seconds.

    Returns:
        Each with what it is like; None where its server does not have it.

    Raises:
        SchemaError: What is wrong and what to do.
    """
    works = [
        DatabaseUpgrade(database, database.settings(), progress, wait_s)
        for database in DATABASES.values()
    ]
    for work in works:
        work.look_ahead()
    check_package()
    return reach_pair(works)


def check_package() -> None:
    """Refuse revisions that are not what was released, and settings that no one knows.

    Raises:
        SchemaError: What is wrong and what to do.
    """
    # Slow, with Python's OpenSSL: a server may answer meanwhile.
    from dataforeman_schema.alembic_env.released import check_released  # noqa: PLC0415

    for database in DATABASES.values():
        check_released(database)
    timescaledb_is_optional()


def reach_pair(works: list[W]) -> list[tuple[W, DatabaseState | None]]:
    """Look at a metadata database and a telemetry database, as `reach_databases` does.

    Args:
        works: The two, in this order.

    Returns:
        Each with what it is like; None where its server does not have it.

    Raises:
        SchemaError: What is wrong and what to do.
    """
    # Both servers before anything is changed.
    settings = [work.settings for work in works]
    refuse_one_place(settings, [address(each) for each in settings])
    reached = [(work, work.reach()) for work in works]
    refuse_one_place(settings, [seen and seen.identity for _, seen in reached])
    for work, before in reached:
        work.check_server(before)
    return reached


def address(settings: ConnectionSettings) -> object:
    """Tell what is the same for two settings that lead to one place by one name."""
    return settings.host, settings.keywords["port"], settings.database


def refuse_one_place(
    settings: Sequence[ConnectionSettings], places: Sequence[object]
) -> None:
    """Refuse two settings that lead to one database, perhaps by two names.

    Args:
        settings: Those of a metadata database and of a telemetry database.
        places: Where each leads; nothing where nobody knows.

    Raises:
        SchemaError: Both lead to one place.
    """
    (meta, tsdb), (first, second) = settings, places
    if first and first == second:
        raise SchemaError(
            f"both databases are set to {meta}; set {tsdb.names['DBNAME']} to one of "
            "its own"
        )


@dataclass
class DatabaseUpgrade:
    """One database to bring to head.

    Attributes:
        database: Which of the two.
        settings: Where it is.
        progress: Told what happens.
        wait_s: The longest wait for its server, in seconds.
        has_migrated: Whether this very object changed it.
    """

    database: Database
    settings: ConnectionSettings
    progress: Progress
    wait_s: float
    has_migrated: bool = False

    def __post_init__(self) -> None:
        self._to_come = Wait(self.wait_s, self._show_wait)
        self._to_stay = Wait(self.wait_s, self._show_wait)
        self._look = self._probe

    def look_ahead(self) -> None:
        """Begin the first look of `reach` while something else is done."""
        self._look = ahead(self._probe)

    def reach(self) -> DatabaseState | None:
        """Look at the database as soon as its server answers; None: there is none."""
        try:
            return self._to_come.retry(self._first_look)
        except ConnectionFailed as error:
            if error.no_database:
                return None
            raise

    def check_server(self, seen: DatabaseState | None) -> None:
        """Refuse a server or database that cannot have what is needed."""
        if seen:
            check_usable(self.database, self.settings, seen)
        elif self.database.needs_timescaledb:
            check_timescaledb(
                self.database,
                self._to_come.retry(lambda: offered_timescaledb(self.settings)),
            )

    def bring_to_head(
        self, before: DatabaseState | None, make_options: Callable[[], Options]
    ) -> DatabaseState:
        """Create it if it is missing, migrate it if it is behind, check it, say so.

        Return what it is like then.
        """
        if before is None:
            before = self._create()
        if before.is_current:
            self._say(f"at {before.head}, nothing to do{_plainly(before)}")
            return before
        options = make_options()
        after = self._to_stay.retry(lambda: self._migrate(before, options))
        check_at_head(self.database, after)
        if before.revisions != after.revisions:
            self._say(f"{self._step(before, after)}{_plainly(after)}")
        if before.plain and not after.plain:
            self._say("its plain tables are hypertables now, with all their rows")
        return after

    def _step(self, before: DatabaseState, after: DatabaseState) -> str:
        if not self.has_migrated:
            return f"at {after.head} now, migrated in the meantime"
        old = ", ".join(before.revisions) or "nothing"
        return f"upgraded from {old} to {after.head}"

    def _create(self) -> DatabaseState:
        if self._to_stay.retry(lambda: create_database(self.settings)):
            self._say(f"created {self.settings}")
        return self._to_stay.retry(self._probe_new)

    def _probe_new(self) -> DatabaseState:
        try:
            return self._probe()
        except ConnectionFailed as error:
            # A standby that the URL names first hears of it a little later.
            error.may_pass = error.may_pass or error.no_database
            raise

    def _first_look(self) -> DatabaseState:
        look, self._look = self._look, self._probe
        return look()

    def _probe(self) -> DatabaseState:
        return probe(self.database, self.settings)

    def _migrate(self, before: DatabaseState, options: Options) -> DatabaseState:
        makes_plain = self.database.needs_timescaledb and before.timescaledb.is_absent
        if before.is_new and not makes_plain:  # to try the extension may end sessions
            from dataforeman_schema.commands.load import load_head  # noqa: PLC0415 - seldom

            loaded = load_head(self.database, self.settings, options)
            self.has_migrated |= loaded is not None
            after = loaded or self._probe()
            if after.is_current:
                return after
        with lean_imports():  # only where there are revisions to run
            from dataforeman_schema.commands.migrate import migrate  # noqa: PLC0415

            self.database.register_operations()
        report = partial(self._show_wait, left_s=options.lock_wait)
        self.has_migrated |= migrate(
            self.database, self.settings, options, report, self._say
        )
        return self._probe()

    def _show_wait(self, reason: str, left_s: float) -> None:
        self.progress.wait(f"{self.database.title}: {reason}", left_s)

    def _say(self, what: str) -> None:
        self.progress.say(f"{self.database.title}: {what}")


def _plainly(seen: DatabaseState) -> str:
    return "; its tables are plain: no TimescaleDB there" if seen.plain else ""
