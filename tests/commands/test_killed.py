"""`upgrade` or a server killed at any moment: one more `upgrade` puts it right."""

from __future__ import annotations

import os
import random
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool

from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedServer,
    EmbeddedTimescale,
    throwaway_folder,
)
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from dataforeman_schema.testing.cleaning import drop_everything
from tests.commands import BIN, upgrade, variables
from tests.commands.places import absent_database
from tests.commands.states import state
from tests.embedded.helpers import kill
from tests.full import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template

SEED = 20_261_122
KILLS = times(everyday=6, full=50)
CRASHES = times(everyday=1, full=25)


@dataclass
class Pair:
    """Two databases to upgrade."""

    meta: ConnectionSettings
    tsdb: ConnectionSettings

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead to them."""
        return variables(self.meta) | variables(self.tsdb)

    def start(self) -> subprocess.Popen[str]:
        """Start an upgrade without waiting for it."""
        return subprocess.Popen(
            (BIN / "dataforeman-schema", "upgrade"),
            env={**os.environ, **self.environ},
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
        """Upgrade a pair that is empty."""
        begun = time.monotonic()
        result = upgrade(**pair.environ)
        assert result.returncode == 0, result
        return cls(time.monotonic() - begun, pair.state())

    def moment(self, nth: int, of: int) -> float:
        """Draw a moment from the nth part of its time, in seconds from the start."""
        drawn = random.Random(SEED + nth).random()  # noqa: S311 - no secret
        return self.seconds * (nth + drawn) / of


@pytest.fixture(scope="module")
def undisturbed(
    meta_server: ConnectionSettings, tsdb_template: Template
) -> Undisturbed:
    """An upgrade of servers without our databases."""
    with absent_database(meta_server) as meta, tsdb_template.empty() as tsdb:
        return Undisturbed.measure(Pair(meta, tsdb))


@pytest.mark.parametrize("nth", range(KILLS))
def test_killed_upgrade(
    absent_meta: ConnectionSettings,
    tsdb_empty_database: ConnectionSettings,
    undisturbed: Undisturbed,
    nth: int,
) -> None:
    """After `kill -9` the next upgrade leaves what an undisturbed one leaves."""
    pair = Pair(absent_meta, tsdb_empty_database)
    with pair.start() as killed:
        time.sleep(undisturbed.moment(nth, KILLS))
        killed.kill()
    result = upgrade(**pair.environ)
    assert result.returncode == 0, result
    assert pair.state() == undisturbed.left


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server to kill."""
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def timescale() -> Iterator[EmbeddedTimescale]:
    """A TimescaleDB server to kill."""
    with throwaway_folder() as folder, EmbeddedTimescale(folder) as server:
        yield server


@contextmanager
def empty_pair(
    postgres: EmbeddedPostgres, timescale: EmbeddedTimescale
) -> Iterator[Pair]:
    """Provide a metadata database to create and a telemetry database without tables."""
    tsdb = read_settings(TSDB.variables, {}).replace(**timescale.params)
    with create_engine(tsdb, poolclass=NullPool).connect() as connection:
        drop_everything(connection)
    server = read_settings(META.variables, {}).replace(**postgres.params)
    with absent_database(server) as meta:
        yield Pair(meta, tsdb)


@pytest.fixture(scope="module")
def undisturbed_here(
    postgres: EmbeddedPostgres, timescale: EmbeddedTimescale
) -> Undisturbed:
    """An upgrade on the servers to kill."""
    with empty_pair(postgres, timescale) as pair:
        return Undisturbed.measure(pair)


@pytest.mark.parametrize("nth", range(CRASHES))
@pytest.mark.parametrize("kind", ["postgres", "timescale"])
def test_killed_server(
    postgres: EmbeddedPostgres,
    timescale: EmbeddedTimescale,
    undisturbed_here: Undisturbed,
    kind: str,
    nth: int,
) -> None:
    """An upgrade waits for a killed server to come back, and goes on."""
    server: EmbeddedServer = {"postgres": postgres, "timescale": timescale}[kind]
    with empty_pair(postgres, timescale) as pair, pair.start() as upgrading:
        time.sleep(undisturbed_here.moment(nth, CRASHES))
        kill(server)
        server.start()
        output, _ = upgrading.communicate(timeout=120)
        assert upgrading.returncode == 0, output
        assert upgrade(**pair.environ).stdout.count("nothing to do") == 2
        assert pair.state() == undisturbed_here.left
