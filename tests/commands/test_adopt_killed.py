"""`adopt` killed at any moment: a pair is as before or adopted, and it goes on."""

from __future__ import annotations

import random
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool

from dataforeman_schema.commands.adoption.proof import fingerprints, tables
from dataforeman_schema.commands.adoption.run import Adoption
from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing.servers import has_one_session
from tests.commands import BIN, run
from tests.commands.breakage import find
from tests.commands.places import execute, query
from tests.full import times
from tests.installations.catalog import Catalog, read
from tests.measuring import unmeasured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dataforeman_schema.commands.adoption.proof import Fingerprint, Tables
    from dataforeman_schema.settings import ConnectionSettings
    from tests.installations import Installation
    from tests.installations.fixtures import Templates

SEED = 20_261_128
KILLS = times(everyday=2, full=30)
COMMAND = (BIN / "dataforeman-schema", "adopt")
IS_ADOPTED = "SELECT to_regclass('public.alembic_version') IS NOT NULL"
RECORDED = "telemetry database: of "
"""What is said once both databases are adopted, before indexes and the conversion."""

NO_INDEX = "DROP INDEX idx_tag_values_tag_ts"
HALF = (
    "UPDATE pg_index SET indisvalid = false "
    "WHERE indexrelid = 'idx_tag_values_tag_ts'::regclass"
)
"""What a kill leaves; a catalog that is written by hand breaks the embedded server."""


@dataclass(frozen=True)
class State:
    """What a database is, and the rows of the tables that it had at first."""

    catalog: Catalog
    rows: dict[str, Fingerprint]
    is_adopted: bool


def look(settings: ConnectionSettings, had: Tables | None = None) -> State:
    """Read a database, and its first tables where they are now."""
    engine = create_engine(settings, poolclass=NullPool)
    with engine.connect() as connection:
        there = tables(connection)
        moved = {name: _aside(name, there) for name in had or there}
        columns = {moved[name]: names for name, names in (had or there).items()}
        found = fingerprints(connection, columns, say=lambda _: None)
        rows = {name: found[now] for name, now in moved.items()}
    [(is_adopted,)] = query(settings, IS_ADOPTED)
    return State(read(settings), rows, is_adopted)


def _aside(name: str, there: Mapping[str, Any]) -> str:
    aside = name.replace("public.", "set_aside.", 1)
    return aside if aside in there else name


@dataclass
class Former:
    """A running pair to be adopted, and what it becomes.

    Attributes:
        pair: Where it is.
        before: What both databases are at first.
        had: The tables that they have at first, with their columns.
        adopted: What an undisturbed adoption leaves.
        seconds: How long that takes until both are recorded, and from there.
    """

    pair: Installation
    before: dict[Database, State]
    had: dict[Database, Tables]
    adopted: dict[Database, Any]
    seconds: tuple[float, float]

    @classmethod
    def measure(cls, pair: Installation) -> Former:
        """Adopt a pair undisturbed, and give it back."""
        places = {META: pair.meta, TSDB: pair.tsdb}
        had = {database: _tables(place) for database, place in places.items()}
        before = {database: look(place) for database, place in places.items()}
        begun = time.monotonic()
        with _start(pair) as process:
            _wait_for_record(process)
            recorded = time.monotonic()
            assert process.wait() == 0
        seconds = (recorded - begun, time.monotonic() - recorded)
        former = cls(pair, before, had, {}, seconds)
        former.adopted = former.all_rows()
        former.give_back()
        return former

    def state(self) -> dict[Database, State]:
        """Read both databases."""
        return {
            META: look(self.pair.meta, self.had[META]),
            TSDB: look(self.pair.tsdb, self.had[TSDB]),
        }

    def all_rows(self) -> dict[Database, Any]:
        """Read what an adoption makes of both, the new tables too."""
        found = {META: look(self.pair.meta), TSDB: look(self.pair.tsdb)}
        return {
            database: (state.catalog, _lasting(state.rows))
            for database, state in found.items()
        }

    def kill(self, nth: int) -> None:
        """Kill an adoption at the nth moment: every other one is after the record."""
        drawn = random.Random(SEED + nth).random()  # noqa: S311 - no secret
        share = (nth // 2 + drawn) / ((KILLS + 1) // 2)
        with _start(self.pair) as process:
            if nth % 2:
                _wait_for_record(process)
            time.sleep(self.seconds[nth % 2] * share)
            process.kill()

    def give_back(self) -> None:
        """Undo the adoption of both."""
        for database, place in ((META, self.pair.meta), (TSDB, self.pair.tsdb)):
            Adoption(database, place, lambda _: None, lambda _: None).undo()
        assert self.state() == self.before


def _tables(settings: ConnectionSettings) -> Tables:
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        return tables(connection)


def _lasting(rows: Mapping[str, Fingerprint]) -> dict[str, Fingerprint]:
    """Leave out what an adoption writes down for itself."""
    return {name: it for name, it in rows.items() if name.startswith("public.")}


def _start(pair: Installation) -> subprocess.Popen[str]:
    return subprocess.Popen(
        COMMAND,
        env=unmeasured() | pair.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _wait_for_record(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert any(line.startswith(RECORDED) for line in process.stdout)


@pytest.fixture(scope="module")
def former(installation_templates: Templates) -> Iterator[Former]:
    """A running pair, which each test gives back as it was."""
    with installation_templates.copy("v0.2.1", rows=True) as pair:
        yield Former.measure(pair)


@pytest.mark.parametrize("nth", range(KILLS))
def test_killed(former: Former, nth: int) -> None:
    """It is as before or adopted with equal rows, and one more `adopt` ends clean."""
    former.kill(nth)
    for database, state in former.state().items():
        assert state.rows == former.before[database].rows
        assert state.is_adopted or state.catalog == former.before[database].catalog
    result = run(*COMMAND, **former.pair.environ)
    assert result.returncode == 0, result
    assert former.all_rows() == former.adopted
    former.give_back()


def test_killed_while_an_index_is_made(former: Former) -> None:
    """An index that is missing, or that was killed between two chunks, is made anew."""
    assert run(*COMMAND, **former.pair.environ).returncode == 0
    execute(former.pair.tsdb, NO_INDEX if has_one_session(former.pair.tsdb) else HALF)
    assert [it.where for it in find(TSDB, former.pair.tsdb)] != []
    assert run(*COMMAND, **former.pair.environ).returncode == 0
    assert find(TSDB, former.pair.tsdb) == []
    former.give_back()
