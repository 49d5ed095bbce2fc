"""Whatever is dropped, altered or renamed is as it was after the remedies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest
from alembic.util import CommandError
from sqlalchemy import NullPool

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.databases import META
from dataforeman_schema.engine import create_engine
from dataforeman_schema.meta.seed import SEED
from dataforeman_schema.testing import Migrations
from tests.catalog.breakages import ObjectBreakage, breakages
from tests.commands.breakage import find, find_as_printed, mend_all
from tests.commands.places import execute
from tests.full import FULL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog import Snapshot
    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template

EVERYDAY = {
    "constraints f not validated",
    "indexes with more in it",
    "triggers under a condition",
}
"""The sorts of breakages that an everyday run mends."""


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of what it reflects
@pytest.mark.slow
def test_meta_remedies(meta_template: Template) -> None:
    """The remedies of each sort of breakage leave a metadata database as it was."""
    assert list(_problems(meta_template)) == []


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.skipif(not FULL, reason="DATAFOREMAN_TEST_FULL is not 1")
def test_tsdb_remedies(tsdb_template: Template) -> None:
    """The remedies of each sort of breakage leave a telemetry database as it was."""
    assert list(_problems(tsdb_template)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE audit_events RENAME id TO id_2",
        "ALTER TABLE roles RENAME TO roles_2",
        "ALTER SEQUENCE roles_id_seq RENAME TO roles_id_seq_2",
        "DROP SEQUENCE roles_id_seq CASCADE; CREATE SEQUENCE roles_id_seq",
    ],
)
def test_sequences_under_other_names(
    meta_database: ConnectionSettings, sql: str
) -> None:
    """A sequence that keeps its name when others lose theirs is in nobody's way."""
    execute(meta_database, sql)
    found = find_as_printed(META, meta_database)
    assert found
    mend_all(found, meta_database)
    assert find(META, meta_database) == []
    Migrations(META, meta_database).check()


def _problems(template: Template) -> Iterator[str]:
    """Mend one breakage after the other; after one that stays, in a new database."""
    with template.copy() as settings:
        left = [
            breakage
            for breakage in _some(_snapshot(settings))
            # A catalog that is written by hand breaks the embedded TimescaleDB itself.
            if template.name or "pg_index" not in breakage.sql
        ]
    while left:
        with template.copy() as settings:
            while left:
                breakage = left.pop()
                if problem := _problem(template, settings, breakage):
                    yield f"{breakage}: {problem}"
                    break


def _snapshot(settings: ConnectionSettings) -> Snapshot:
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        return snapshot(connection)


def _some(found: Snapshot) -> Iterator[ObjectBreakage]:
    """Take some of each sort in a full run, else one of a few."""
    taken: dict[str, int] = {}
    for breakage in breakages(found):
        most = 3 if FULL else breakage.sort in EVERYDAY
        if taken.get(breakage.sort, 0) < most and not _needs_values(found, breakage):
            taken[breakage.sort] = taken.get(breakage.sort, 0) + 1
            yield breakage


def _needs_values(found: Snapshot, breakage: ObjectBreakage) -> bool:
    """Tell whether only a backup has what goes: the remedy leaves that to people."""
    goes = breakage.how in {"dropped", "renamed"}
    if breakage.kind != "columns" or not goes:
        return False
    column = found["columns"][f"{breakage.table}.{breakage.name}"]
    seeded = breakage.table in {row.table for row in SEED}
    return seeded and not column["nullable"] and not column["default"]


def _problem(
    template: Template, settings: ConnectionSettings, breakage: ObjectBreakage
) -> str | None:
    """Say what is left of a breakage after the remedies; None: nothing."""
    before = _snapshot(settings)
    try:
        execute(settings, breakage.sql)
    except psycopg2.Error:
        return None  # the server refuses it
    if _snapshot(settings) == before:
        return None  # it breaks nothing
    try:
        found = find_as_printed(template.database, settings)
        mend_all(found, settings)
        left = [finding.where for finding in find(template.database, settings)]
        Migrations(template.database, settings).check()
    except (psycopg2.Error, CommandError) as error:
        return str(error)
    if left or (breakage.tunes == bool(found)):
        return f"{len(found)} findings, left: {left}"
    return None
