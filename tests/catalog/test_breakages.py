"""Whatever is dropped, altered or renamed is named, alike by all, and mended."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.commands.findings import Finding
from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.engine import create_engine
from tests.catalog.breakages import ObjectBreakage, breakages
from tests.catalog.broken import check_on, names, verify_on
from tests.full import FULL, times

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings


@pytest.mark.slow
def test_meta_breakages_are_named(meta_database: ConnectionSettings) -> None:
    """Each breakage of a metadata object is named, by `verify` and `check` alike."""
    _try_all(META, meta_database, least=times(everyday=5, full=500))


def test_tsdb_breakages_are_named(tsdb_database: ConnectionSettings) -> None:
    """Each breakage of a telemetry object is named, by `verify` and `check` alike."""
    _try_all(TSDB, tsdb_database, least=times(everyday=3, full=50))


def _try_all(database: Database, settings: ConnectionSettings, *, least: int) -> None:
    engine = create_engine(settings, poolclass=NullPool)
    with engine.connect() as connection:
        found = list(breakages(snapshot(connection)))
        tried = [
            problem
            for breakage in (found if FULL else _some(found, least))
            if (problem := _try(connection, database, settings, breakage)) is not None
        ]
    assert [problem for problem in tried if problem] == []
    assert len(tried) >= least


def _some(found: list[ObjectBreakage], most: int) -> Iterable[ObjectBreakage]:
    """Take one that goes and one that changes, of as many kinds as time allows."""
    one_each = {(each.kind, each.how == "dropped"): each for each in found}
    return list(one_each.values())[-most:]


def _try(
    connection: Connection,
    database: Database,
    settings: ConnectionSettings,
    breakage: ObjectBreakage,
) -> str | None:
    """Say what is wrong with what is found; None: the server breaks nothing."""
    before = snapshot(connection)
    try:
        connection.exec_driver_sql(breakage.sql.replace("%", "%%"))
        unchanged = snapshot(connection) == before
    except DBAPIError:
        unchanged = True
    if unchanged:
        connection.rollback()
        return None
    with warnings.catch_warnings(action="ignore"):  # SQLAlchemy's, of what it reflects
        found = verify_on(connection, database, settings)
        checked = check_on(connection, database)
    findings = [each for each in found if isinstance(each, Finding)]
    connection.rollback()
    if not any(names(each, breakage) for each in found):
        return f"{breakage}: not named by {[each.where for each in found]}"
    if bool(findings) != bool(checked) or bool(findings) == breakage.tunes:
        return f"{breakage}: {[each.where for each in findings]}, {checked}"
    return ""
