"""Following the revisions that a database lacks, on top of those that it has."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from dataforeman_schema.commands.plan.measure import Recorder
from dataforeman_schema.commands.plan.state import RevisionPlan
from dataforeman_schema.connection import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.script import Script
    from sqlalchemy import Connection


class CannotFollow(Exception):  # noqa: N818 - says what is not possible
    """What the database has cannot be made elsewhere; the text says why."""


class RevisionFailed(Exception):  # noqa: N818 - says what happened
    """A revision failed that the database lacks; those after it cannot be followed."""


class Follower:
    """Follows revisions from the one on that a database is at.

    Args:
        connection: Where they run.
        current: The revision that the database is at; None: all are followed.
        make_ready: What is to be done before the first that is followed.
        knows_locks: Whether what revisions lock shows there as newly locked.

    Attributes:
        plans: What the revisions did that were followed.
    """

    def __init__(
        self,
        connection: Connection,
        current: str | None,
        make_ready: Callable[[], None] = lambda: None,
        *,
        knows_locks: bool,
    ) -> None:
        self.plans: list[RevisionPlan] = []
        self._connection = connection
        self._current = current
        self._make_ready = make_ready
        self._knows_locks = knows_locks
        self._is_pending = current is None

    @contextmanager
    def around(self, script: Script) -> Iterator[None]:
        """Run a revision, and write down what it does if the database lacks it.

        Raises:
            CannotFollow: It fails, though the database has it.
            RevisionFailed: It fails, which the last of `plans` tells.
        """
        around = self._follow if self._is_pending else self._make
        with around(script):
            yield

    @contextmanager
    def _make(self, script: Script) -> Iterator[None]:
        try:
            yield
            self._is_pending = script.revision == self._current
            if self._is_pending:
                self._make_ready()
        except DBAPIError as error:
            raise CannotFollow(_why(error)) from error

    @contextmanager
    def _follow(self, script: Script) -> Iterator[None]:
        recorder = Recorder(self._connection, knows_locks=self._knows_locks)
        unknown = None
        recorder.start()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a revision's file is code
            unknown = _why(error)
        finally:
            recorder.stop()
        done = tuple(recorder.statements)
        self.plans.append(RevisionPlan(script.revision, script.doc, done, unknown))
        if unknown:
            raise RevisionFailed


def _why(error: Exception) -> str:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        raise error
    return reason(error.orig if isinstance(error, DBAPIError) else error)
