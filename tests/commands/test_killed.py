"""`upgrade` or a server killed at any moment: one more `upgrade` puts it right."""

from __future__ import annotations

import random
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.wait import create_database
from dataforeman_schema.databases import DATABASES, META
from tests.commands import BIN, upgrade, variables
from tests.commands.places import VERSION_TABLE, absent_database, execute
from tests.commands.states import state
from tests.embedded.helpers import kill
from tests.full import times
from tests.measuring import unmeasured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template
    from tests.commands.killable import Servers

SEED = 20_261_122
KILLS = times(everyday=10, full=25)  # in each of two ways
CRASHES = times(everyday=2, full=13)


@dataclass
class Pair:
    """Two databases to upgrade."""

    meta: ConnectionSettings
    tsdb: ConnectionSettings

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead to them."""
        return variables(self.meta) | variables(self.tsdb)

    def let_alembic_begin(self) -> None:
        """Have revisions run one by one, where new databases are loaded at once."""
        create_database(self.meta)
        for settings in (self.meta, self.tsdb):
            execute(settings, VERSION_TABLE)

    def start(self) -> subprocess.Popen[str]:
        """Start an upgrade without waiting for it."""
        return subprocess.Popen(
            (BIN / "dataforeman-schema", "upgrade"),
            env=unmeasured() | self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def state(self) -> list[dict[str, object]]:
        """Read all that upgrades left in both."""
        return [state(self.meta), state(self.tsdb)]


@dataclass(frozen=True)
class Undisturbed:
    """What an upgrade does when nothing happens to it: how long, and what is there."""

    seconds: float
    left: list[dict[str, object]]

    @classmethod
    def measure(cls, pair: Pair) -> Undisturbed:
        """Upgrade a pair without tables."""
        begun = time.monotonic()
        with pair.start() as upgrading:
            output, _ = upgrading.communicate()
        seconds = time.monotonic() - begun
        assert upgrading.returncode == 0, output
        return cls(seconds, pair.state())

    def moment(self, nth: int, of: int) -> float:
        """Draw a moment from the nth part of its time, in seconds from the start."""
        drawn = random.Random(SEED + nth).random()  # noqa: S311 - no secret
        return self.seconds * (nth + drawn) / of


@pytest.fixture(scope="module", params=["loaded", "migrated"])
def way(request: pytest.FixtureRequest) -> str:
    """How a pair gets to head: from head.sql, or by its revisions."""
    return str(request.param)


@contextmanager
def pair_without_tables(
    server: ConnectionSettings, tsdb: ConnectionSettings, way: str
) -> Iterator[Pair]:
    """Provide a metadata database to create and an empty telemetry database."""
    with absent_database(server) as meta:
        pair = Pair(meta, tsdb)
        if way == "migrated":
            pair.let_alembic_begin()
        yield pair


@pytest.fixture(scope="module")
def undisturbed(
    meta_server: ConnectionSettings, tsdb_template: Template, way: str
) -> Undisturbed:
    """An upgrade of servers without our tables."""
    with (
        tsdb_template.empty() as tsdb,
        pair_without_tables(meta_server, tsdb, way) as pair,
    ):
        return Undisturbed.measure(pair)


@pytest.mark.parametrize("nth", range(KILLS))
def test_killed_upgrade(
    meta_server: ConnectionSettings,
    tsdb_empty_database: ConnectionSettings,
    undisturbed: Undisturbed,
    way: str,
    nth: int,
) -> None:
    """After `kill -9` the next upgrade leaves what an undisturbed one leaves."""
    with pair_without_tables(meta_server, tsdb_empty_database, way) as pair:
        with pair.start() as killed:
            time.sleep(undisturbed.moment(nth, KILLS))
            killed.kill()
        result = upgrade(**pair.environ)
        assert result.returncode == 0, result
        assert pair.state() == undisturbed.left


@contextmanager
def pair_on(servers: Servers, way: str) -> Iterator[Pair]:
    """Provide a pair without tables on servers to kill."""
    tsdb = servers.empty_telemetry()
    with pair_without_tables(servers.settings(META), tsdb, way) as pair:
        yield pair


@pytest.fixture(scope="module")
def undisturbed_here(servers: Servers, way: str) -> Undisturbed:
    """An upgrade on the servers to kill."""
    with pair_on(servers, way) as pair:
        return Undisturbed.measure(pair)


@pytest.mark.parametrize("nth", range(CRASHES))
@pytest.mark.parametrize("kind", [*DATABASES])
def test_killed_server(
    servers: Servers, undisturbed_here: Undisturbed, kind: str, way: str, nth: int
) -> None:
    """An upgrade waits for a killed server to come back, and goes on."""
    server = servers.of(DATABASES[kind])
    with pair_on(servers, way) as pair, pair.start() as upgrading:
        time.sleep(undisturbed_here.moment(nth, CRASHES))
        kill(server)
        server.start()
        output, _ = upgrading.communicate(timeout=120)
        assert upgrading.returncode == 0, output
        assert upgrade(**pair.environ).stdout.count("nothing to do") == 2
        assert pair.state() == undisturbed_here.left
