"""A walk of a pair: steps that are drawn, and what must hold after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dataforeman_schema.commands.downgrade import BASE
from dataforeman_schema.databases import DATABASES, META, TSDB, Database
from tests.commands.breakage import find
from tests.commands.faults.application import COMPRESS, writes
from tests.commands.faults.commands import (
    ADOPT,
    FINISH,
    UNDO,
    UPGRADE,
    Command,
    Outcome,
    Stage,
    downgrade,
)
from tests.commands.faults.foreign import KINDS
from tests.commands.faults.judge import Judge, States, counted
from tests.commands.faults.snapshot import read
from tests.commands.places import execute
from tests.trees import line

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


@dataclass
class Walk:
    """A pair on its way.

    Attributes:
        stage: Where it is.
        judge: Knows what may be lost.
        said: What was done, a line a step, for whoever reads of a failure.
        states: Both databases as the last step left them.
        drops: How to take away the foreign objects that were made.
        numbers: How often something was made or written.
    """

    stage: Stage
    judge: Judge
    said: list[str] = field(default_factory=list)
    states: States = field(default_factory=dict)
    drops: list[tuple[Database, str]] = field(default_factory=list)
    numbers: int = 0

    @property
    def random(self) -> random.Random:
        """What draws."""
        return self.stage.random

    @property
    def is_former(self) -> bool:
        """Whether something of it waits to be adopted."""
        return any(state.is_former for state in self.states.values())

    def begin(self, writings: int = 3) -> None:
        """Make a pair of ours where there is none, and fill it."""
        self._look()
        if not self.is_former:
            self._run(UPGRADE)
        for _ in range(writings):
            self._write()

    def go(self, steps: int) -> None:
        """Take steps, and end clean."""
        for _ in range(steps):
            self._draw()()
        self._settle()

    def _draw(self) -> Callable[[], None]:
        steps = [self._write, self._foreign, self._crash, self._upgrade]
        if self.is_former:
            steps += [self._adopt] * 4
        else:
            steps += [self._downgrade] * 4
        if any(state.is_adopted for state in self.states.values()):
            steps += [self._undo, self._undo, self._finish]
        return self.random.choice(steps)

    def _look(self) -> States:
        before = self.states
        self.states = {
            database: read(self.stage.places[database])
            for database in DATABASES.values()
        }
        return before

    def _write(self) -> None:
        self.numbers += 1
        self.said.append(f"the application writes (no. {self.numbers})")
        for database, state in self.states.items():
            for statement in writes(database, state, self.numbers):
                execute(self.stage.places[database], statement)
        if self._has_columnstore() and self.random.random() < 0.5:
            self.said.append("all readings move into the columnstore")
            execute(self.stage.places[TSDB], COMPRESS)
        self._look()

    def _has_work(self) -> bool:
        return any(
            state.revision != line(database)[-1]
            for database, state in self.states.items()
        )

    def _has_columnstore(self) -> bool:
        state = self.states[TSDB]
        return state.revision == line(TSDB)[-1]

    def _foreign(self) -> None:
        if self.drops and self.random.random() < 0.4:
            self._drop(self.random.choice(self.drops))
        else:
            self._make()

    def _drop(self, drop: tuple[Database, str]) -> None:
        self.drops.remove(drop)
        self._execute(*drop)

    def _execute(self, database: Database, statement: str) -> None:
        self.said.append(f"{database.name}: {statement}")
        execute(self.stage.places[database], statement)
        self._look()

    def _make(self) -> None:
        self.numbers += 1
        kind = self.random.choice(
            [
                kind
                for kind in KINDS
                if kind.needs is None
                or f"public.{kind.needs}" in self.states[kind.database].rows
            ]
        )
        self.drops.append((kind.database, kind.drop.format(n=self.numbers)))
        self._execute(kind.database, kind.create.format(n=self.numbers))

    def _crash(self) -> None:
        database = self.random.choice([META, TSDB])
        gently = self.random.random() < 0.3
        how = "is restarted" if gently else "is killed and started"
        self.said.append(f"{database.name}'s server {how}")
        self.stage.restart(database, gently=gently)
        before = self._look()
        assert self.states == before

    def _upgrade(self) -> None:
        self._perhaps_disturbed(UPGRADE)

    def _adopt(self) -> None:
        self._perhaps_disturbed(ADOPT)

    def _undo(self) -> None:
        self._perhaps_disturbed(UNDO)

    def _finish(self) -> None:
        self._perhaps_disturbed(FINISH)

    def _downgrade(self) -> None:
        database = self.random.choice([META, TSDB])
        at = self.states[database].revision
        if at in {None, BASE}:
            self._upgrade()
            return
        below = [BASE, *line(database)]
        below = below[: below.index(at)]
        target = self.random.choice([below[-1], below[-1], *below])
        if self.random.random() < 0.4:
            self._disturb(downgrade(database, target))
            self._settle()
            return
        refusal = self._run(downgrade(database, target))
        if loss := counted(refusal.said):
            self._perhaps_disturbed(downgrade(database, target, loses=True), loss)

    def _perhaps_disturbed(
        self, command: Command, loss: dict[str, int] | None = None
    ) -> None:
        if self.random.random() < 0.35:
            self._run(command, loss)
            return
        self._disturb(command, loss)
        self._settle()

    def _disturb(self, command: Command, loss: dict[str, int] | None = None) -> None:
        names = {database: self._ours(database) for database in self.states}
        outcome = self.stage.disturb(command, names)
        self._judge(command, outcome, loss)

    def _ours(self, database: Database) -> list[str]:
        tables = self.states[database].rows
        return [name for name in tables if name.startswith("public.")]

    def _run(self, command: Command, loss: dict[str, int] | None = None) -> Outcome:
        outcome = self.stage.run(command)
        self._judge(command, outcome, loss)
        return outcome

    def _judge(
        self, command: Command, outcome: Outcome, loss: dict[str, int] | None
    ) -> None:
        what = f"{' '.join(command.arguments)} ({outcome.fault or 'undisturbed'})"
        self.said.append(f"{what}: {outcome.code} {outcome.said.strip()[-300:]}")
        before = self._look()
        self.judge.judge(command, before, self.states, outcome, loss or {})

    def _settle(self) -> None:
        """Assert that one more `upgrade` ends clean, and that all is well then.

        A trigger changes what a table of ours does, and is no note.
        """
        for drop in [it for it in self.drops if "FUNCTION" in it[1]]:
            self._drop(drop)
        if self._has_work() and self.random.random() < 0.5:
            self._disturb(ADOPT if self.is_former else UPGRADE)
        for command in (ADOPT, UPGRADE) if self.is_former else (UPGRADE,):
            assert self._run(command).code == 0, self.said[-1]
        for database, place in self.stage.places.items():
            found = [(each.where, each.what) for each in find(database, place)]
            assert found == [], found
