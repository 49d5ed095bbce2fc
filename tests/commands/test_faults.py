"""Whatever happens to a filled pair, in any order, nothing is lost uncounted."""

from __future__ import annotations

import os
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.wait import create_database
from dataforeman_schema.databases import META, TSDB, Database
from tests.commands import variables
from tests.commands.faults.commands import Stage
from tests.commands.faults.judge import Judge
from tests.commands.faults.snapshot import read
from tests.commands.faults.walk import Walk
from tests.commands.places import absent_database
from tests.full import times
from tests.installations import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template
    from tests.commands.killable import Servers

SEED = int(os.environ.get("DATAFOREMAN_TEST_SEED", "20261129"))
"""The seed of the first walk; the next ones have the numbers after it."""

STEPS = times(everyday=4, full=12)
WALKS = times(everyday=1, full=25)
FORMS = ("", "v0.2.1", "", "v0.2.1-unbooted")
"""What makes the pair of a walk; empty: `upgrade`."""

Places = dict[Database, "ConnectionSettings"]


@contextmanager
def new_places(servers: Servers) -> Iterator[Places]:
    """Provide two empty databases on them."""
    with absent_database(servers.settings(META)) as meta:
        create_database(meta)
        yield {META: meta, TSDB: servers.empty_telemetry()}


@pytest.fixture(scope="module")
def judge(meta_template: Template) -> Judge:
    """What knows the rows of the seed."""
    with meta_template.copy() as meta:
        return Judge(read(meta).rows)


@pytest.mark.parametrize("seed", range(SEED, SEED + WALKS))
def test_walk(servers: Servers, judge: Judge, seed: int) -> None:
    """After each step what is missing was counted, and one `upgrade` ends clean."""
    draws = random.Random(seed)  # noqa: S311 - no secret
    with new_places(servers) as places:
        environ = variables(places[META]) | variables(places[TSDB])
        walk = Walk(Stage(servers, places, environ, draws), judge)
        try:
            if form := draws.choice(FORMS):
                build(form, places[META], places[TSDB], rows=False)
            walk.begin()
            walk.go(STEPS)
        except BaseException as error:
            steps = "\n".join(walk.said)
            error.add_note(f"DATAFOREMAN_TEST_SEED={seed} repeats this:\n{steps}")
            raise
