"""Running one of verify's checks on a database that is broken by hand."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import NullPool

from dataforeman_schema.commands.context import VerifyContext
from dataforeman_schema.commands.findings import Finding
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.engine import create_engine
from tests.commands.places import execute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.commands.findings import Note
    from dataforeman_schema.settings import ConnectionSettings

    RunCheck = Callable[[VerifyContext], Iterator[Finding | Note]]


def run_check(
    check: RunCheck, settings: ConnectionSettings, app_role: str | None = None
) -> list[Finding | Note]:
    """Run one check on a connection of its own."""
    database = META if settings.variables is META.variables else TSDB
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        context = VerifyContext(database, settings, connection, 60, app_role)
        return list(check(context))


def assert_mended(
    check: RunCheck,
    settings: ConnectionSettings,
    *words: str,
    superuser: ConnectionSettings | None = None,
    app_role: str | None = None,
) -> None:
    """Assert that a check finds one thing, says the words, and its remedy mends it."""
    [finding] = run_check(check, settings, app_role)
    assert isinstance(finding, Finding)
    text = f"{finding.check} | {finding.where}: {finding.what} | {finding.why}"
    assert [word for word in words if word not in text] == [], text
    execute(superuser or settings, finding.remedy)
    assert run_check(check, settings, app_role) == []


@contextmanager
def new_role(settings: ConnectionSettings, options: str = "") -> Iterator[str]:
    """Make a role with a name of its own, and drop it with what it owns."""
    name = f"dataforeman_test_{uuid4().hex}"
    execute(settings, f"CREATE ROLE {name} {options}")
    try:
        yield name
    finally:
        execute(settings, f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")
