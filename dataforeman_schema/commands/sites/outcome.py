"""What comes of the upgrade of one database among many."""

from __future__ import annotations

import time
import traceback
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from dataforeman_schema.commands.progress import Progress
from dataforeman_schema.commands.upgrade import DatabaseUpgrade
from dataforeman_schema.errors import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.probe import DatabaseState

Result = Literal["current", "upgraded", "failed", "not started"]


@dataclass(frozen=True)
class Message:
    """Something that is said of a database.

    Attributes:
        text: A line.
        stays: Whether it is worth keeping; else it only says what goes on.
    """

    text: str
    stays: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a database, in the words that JSON uses too.

    Attributes:
        database: What `alembic -n` calls it: meta or tsdb.
        title: What people call it.
        place: Where it is: user, host, port and name.
        outcome: What came of it.
        before: The revisions that it recorded before.
        after: The revisions that it records now; none where nobody knows.
        said: The lines that were said of it.
        error: Why it failed, and what to do; None: it did not.
        duration_s: How long it took, waiting included, in seconds.
        trace: Where it failed, for `--debug`; no part of JSON.
    """

    database: str
    title: str
    place: str
    outcome: Result = "not started"
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    error: str | None = None
    duration_s: float = 0.0
    trace: str = field(default="", repr=False)

    def as_json(self) -> dict[str, Any]:
        """Write it for programs; docs/commands.md lists the keys."""
        values = asdict(self)
        del values["trace"]
        return values


class Messages(Progress):
    """Hands on what is said, and keeps the lines that stay.

    Args:
        send: Given each message.
    """

    def __init__(self, send: Callable[[Message], None]) -> None:
        super().__init__()
        self._send = send
        self.said: list[str] = []

    def say(self, line: str) -> None:
        """Hand on a line that stays."""
        self.said.append(line)
        self._send(Message(line, stays=True))

    def show(self, text: str) -> None:
        """Hand on what is being done or waited for."""
        self._send(Message(text, stays=False))


@dataclass
class RecordedUpgrade(DatabaseUpgrade):
    """The upgrade of a database that keeps what comes of it.

    Attributes:
        progress: Told what happens; keeps the lines.
        outcome: What has come of it so far.
    """

    progress: Messages
    outcome: Outcome = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        place = str(self.settings)
        self.outcome = Outcome(self.database.name, self.database.title, place)

    def reach(self) -> DatabaseState | None:
        """Look at it, as the plain upgrade does."""
        with self._recorded():
            seen = super().reach()
            self._note(before=seen.revisions if seen else ())
            return seen

    def check_server(self, seen: DatabaseState | None) -> None:
        """Refuse its server, as the plain upgrade does."""
        with self._recorded():
            super().check_server(seen)

    def bring_to_head(
        self, before: DatabaseState | None, make_options: Callable[[], Options]
    ) -> DatabaseState:
        """Upgrade it, as the plain upgrade does."""
        with self._recorded():
            after = super().bring_to_head(before, make_options)
            result: Result = "upgraded" if self.has_migrated else "current"
            self._note(outcome=result, after=after.revisions)
            return after

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except Exception as error:
            trace = traceback.format_exc()
            self._note(outcome="failed", error=in_words(error), trace=trace)
            raise
        finally:
            duration_s = self.outcome.duration_s + time.monotonic() - begun
            self._note(duration_s=duration_s, said=tuple(self.progress.said))

    def _note(self, **changes: Any) -> None:  # noqa: ANN401 - as Outcome has them
        self.outcome = replace(self.outcome, **changes)
