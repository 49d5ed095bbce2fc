"""One run: how much it does, where, and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from benchmarks.comparison import Comparison, Contrast, Unit, take_turns
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.testing.databases import make_template
from dataforeman_schema.testing.servers import (
    has_one_session,
    postgres_server,
    timescale_server,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack

    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template


@dataclass(frozen=True)
class Size:
    """How much a run does.

    Attributes:
        name: What the run is called.
        rounds: How often what takes a second or less is measured.
        long_rounds: How often what takes longer is measured: of fewer than six rounds
            no interval holds the median with the certainty that is reported.
        rows: How many readings tables have.
        bulk_rows: How many readings are written at once.
        chunks: How many chunks hypertables have, from few to many.
        native_chunks: The same where the server is not the embedded one.
        revisions: How many revisions histories have, from few to many.
    """

    name: str
    rounds: int
    long_rounds: int
    rows: int
    bulk_rows: int
    chunks: tuple[int, ...]
    native_chunks: tuple[int, ...]
    revisions: tuple[int, ...]


TINY: Final = Size("tiny", 2, 1, 3_000, 300, (2, 4), (2, 4), (2, 4))
QUICK: Final = Size("quick", 7, 6, 60_000, 3_000, (10, 100), (10, 500), (10, 50))
FULL: Final = Size(
    name="full",
    rounds=21,
    long_rounds=7,
    rows=1_000_000,
    bulk_rows=100_000,
    chunks=(10, 2_000),
    native_chunks=(10, 2_000, 10_000),
    revisions=(10, 100, 500),
)
SIZES: Final = {size.name: size for size in (TINY, QUICK, FULL)}


@dataclass
class Bench:
    """What the works of one piece ask for, and put their figures into.

    Attributes:
        size: How much is done.
        stack: What ends with the run: servers, databases.
        found: What was measured so far.
        say: Told of each comparison when it is done.
    """

    size: Size
    stack: ExitStack
    say: Callable[[Comparison], None]
    found: list[Comparison] = field(default_factory=list)
    _is_taken: bool = field(default=False, init=False)

    def compare(
        self,
        work: str,
        ways: Mapping[str, Callable[[], float]],
        *contrasts: Contrast,
        unit: Unit = "s",
        rounds: int | None = None,
        warm_up: bool = True,
    ) -> None:
        """Measure ways of one work in turn.

        Args:
            work: What is done, in words.
            ways: What measures each way, by its name.
            contrasts: Which ways are put against which.
            unit: Of what they return.
            rounds: How often; None takes the size's `rounds`.
            warm_up: Whether each runs once more before, which does not count.
        """
        samples = take_turns(ways, rounds or self.size.rounds, warm_up=warm_up)
        comparison = Comparison(work, samples, unit, contrasts)
        self.found.append(comparison)
        self.say(comparison)

    @cached_property
    def meta(self) -> Template:
        """Where metadata databases come from."""
        server = self.stack.enter_context(postgres_server())
        return self.stack.enter_context(make_template(META, server))

    @cached_property
    def tsdb(self) -> Template:
        """Where telemetry databases come from."""
        server = self.stack.enter_context(timescale_server())
        return self.stack.enter_context(make_template(TSDB, server))

    @property
    def is_embedded(self) -> bool:
        """Whether the telemetry server is the embedded one."""
        return has_one_session(self.tsdb.server)

    def telemetry(self) -> ConnectionSettings:
        """Provide one more telemetry database at head, until the run ends.

        Where a server has one database, each is on a server of its own.
        """
        template = self.tsdb
        if self.is_embedded and self._is_taken:
            server = self.stack.enter_context(timescale_server())
            template = self.stack.enter_context(make_template(TSDB, server))
        self._is_taken = True
        return self.stack.enter_context(template.copy())
