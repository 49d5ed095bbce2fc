"""The commands of a walk, what each may do, and what may happen to it meanwhile."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from signal import SIGINT, SIGKILL, SIGTERM, Signals
from typing import TYPE_CHECKING

from dataforeman_schema.commands.downgrade import BASE
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import DATABASES, META, TSDB, Database
from tests.commands import BIN, run
from tests.commands.interrupting import assert_ended, started, wait_until_it_hears
from tests.embedded.helpers import kill
from tests.trees import line

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings
    from tests.commands.faults.snapshot import DatabaseSnapshot
    from tests.commands.killable import Servers

OURS = BIN / "dataforeman-schema"
_IMPORTS_S = 1.0  # which a fork has behind it


@dataclass(frozen=True)
class Command:
    """A command of ours.

    Attributes:
        arguments: What it is called with.
        database: The one that it works on; None: both.
        target: The revision that a downgrade goes to.
    """

    arguments: tuple[str, ...]
    database: Database | None = None
    target: str | None = None

    @property
    def name(self) -> str:
        """What it does, in a word."""
        return self.arguments[-1].strip("-") if self.is_adopt else self.arguments[0]

    @property
    def is_adopt(self) -> bool:
        """Whether it is `adopt` in one of its ways."""
        return self.arguments[0] == "adopt"

    @property
    def loses(self) -> bool:
        """Whether it is told to lose data."""
        return "--lose-data" in self.arguments

    def path(self, database: Database, at: DatabaseSnapshot) -> list[str | None]:
        """List the revisions that it may leave a database at, its aim last."""
        if self.database not in {None, database}:
            return [at.revision]
        forward = [BASE, *line(database)]
        forward = forward[forward.index(at.revision or BASE) :]
        match self.name:
            case "upgrade":
                return [at.revision, *forward]
            case "downgrade":
                return [at.revision, self.target]
            case "adopt" if at.is_former:
                return [None, *forward[1:]]
            case "undo":
                return [at.revision, None]
        return [at.revision]


UPGRADE = Command(("upgrade",))
ADOPT = Command(("adopt",))
UNDO = Command(("adopt", "--undo"))
FINISH = Command(("adopt", "--finish"), TSDB)


def downgrade(database: Database, target: str, *, loses: bool = False) -> Command:
    """Go back to a revision."""
    flags = ("--lose-data",) if loses else ()
    arguments = ("downgrade", database.name, "--to", target, *flags)
    return Command(arguments, database, target)


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes:
        code: Its exit code; negative if a signal killed it.
        said: What it said on standard error.
        fault: What happened to it meanwhile; empty: nothing.
        may_fail: Whether that is a reason not to do its work, or not all of it.
    """

    code: int
    said: str
    fault: str = ""
    may_fail: bool = False


@dataclass
class Stage:
    """Where commands run, and where they are disturbed.

    Attributes:
        servers: The servers.
        places: Where the databases are.
        environ: The variables that lead to them.
        random: Draws when and how.
        lengths: How long each command took at most, in seconds.
    """

    servers: Servers
    places: dict[Database, ConnectionSettings]
    environ: dict[str, str]
    random: random.Random
    lengths: dict[str, float] = field(default_factory=dict)

    def run(self, command: Command) -> Outcome:
        """Run a command that nothing disturbs."""
        begun = time.monotonic()
        done = run(OURS, *command.arguments, **self.environ)
        length = max(self.lengths.get(command.name, 0), time.monotonic() - begun)
        self.lengths[command.name] = length
        return Outcome(done.returncode, done.stderr)

    def disturb(self, command: Command, tables: dict[Database, list[str]]) -> Outcome:
        """Run a command, and disturb it in a way that is drawn."""
        match self.random.choice(["signal", "signal", "restart", "lock"]):
            case "signal":
                return self._signal(command)
            case "restart":
                return self._restart(command)
        return self._lock(command, tables)

    def _signal(self, command: Command) -> Outcome:
        number = self.random.choice([SIGKILL, SIGKILL, SIGTERM, SIGINT])
        moment = self._moment(command)
        with started(str(OURS), *command.arguments, **self.environ) as process:
            wait_until_it_hears(process)
            time.sleep(moment)
            process.send_signal(number)
            _, said = process.communicate(timeout=120)
        if process.returncode == 128 + number:
            assert_ended(process.returncode, said, Signals(number))
        fault = f"{number.name} after {moment:.3f} s"
        return Outcome(process.returncode, said, fault, may_fail=True)

    def _restart(self, command: Command) -> Outcome:
        database = self.random.choice([*DATABASES.values()])
        moment, gently = self._moment(command), self.random.random() < 0.3
        with started(str(OURS), *command.arguments, **self.environ) as process:
            wait_until_it_hears(process)
            time.sleep(moment)
            self.restart(database, gently=gently)
            _, said = process.communicate(timeout=120)
        how = "restart" if gently else "crash"
        fault = f"{how} of {database.name}'s server after {moment:.3f} s"
        # `upgrade` waits for a server that went away.
        may_fail = command.name != "upgrade"
        return Outcome(process.returncode, said, fault, may_fail)

    def restart(self, database: Database, *, gently: bool) -> None:
        """Stop a server, gently or not, and start it."""
        server = self.servers.of(database)
        (server.stop if gently else lambda: kill(server))()
        server.start()

    def _lock(self, command: Command, tables: dict[Database, list[str]]) -> Outcome:
        database = command.database or self.random.choice([*DATABASES.values()])
        table = self.random.choice(tables[database] or [""])
        # The only session of the embedded TimescaleDB would be waited for, not a lock.
        is_held = database is META and self.random.random() < 0.3
        arguments = (*command.arguments, *(("--lock-wait", "1") if is_held else ()))
        with (
            self._locked(database, table) as lock,
            started(str(OURS), *arguments, **self.environ) as process,
        ):
            wait_until_it_hears(process)
            if not is_held:
                time.sleep(self.random.uniform(0.2, 1.0))
                lock.close()
            _, said = process.communicate(timeout=120)
        fault = f"{table} locked{' all the time' if is_held else ''}"
        return Outcome(process.returncode, said, fault, is_held)

    @contextmanager
    def _locked(self, database: Database, table: str) -> Iterator[Connection]:
        with closing(connect(self.places[database])) as connection:
            if table:
                connection.cursor().execute(f"LOCK TABLE {table}")
            yield connection

    def _moment(self, command: Command) -> float:
        """Draw a moment: with little to do, most commands are through soon."""
        longest = self.lengths.get(command.name, 2.0) + _IMPORTS_S
        return self.random.uniform(0, self.random.choice([0.5, longest]))
