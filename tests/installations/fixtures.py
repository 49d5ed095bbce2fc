"""Installations for one test each: copies, or made anew where there are no copies.

    @pytest.mark.parametrize("installation", ["v0.2.1"], indirect=True)
    def test_(installation: Installation) -> None: ...

Without the mark a test runs once for each form.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.testing.databases import Template, make_template
from tests.installations import FORMS, Installation, build_one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


@dataclass(frozen=True)
class Templates:
    """A template of each form and database, made when the first test asks for it."""

    servers: dict[Database, ConnectionSettings]
    stack: ExitStack
    made: dict[tuple[str, Database, bool], Template] = field(default_factory=dict)

    def get(self, form: str, database: Database, *, rows: bool) -> Template:
        """Find a template, or make it."""
        key = (form, database, rows)
        if key not in self.made:
            self.made[key] = self.stack.enter_context(self._make(*key))
        return self.made[key]

    @contextmanager
    def copy(self, form: str, *, rows: bool) -> Iterator[Installation]:
        """Provide an installation; what is in it is gone for the next test."""
        with (
            self.get(form, META, rows=rows).copy() as meta,
            self.get(form, TSDB, rows=rows).copy() as tsdb,
        ):
            yield Installation(form, meta, tsdb)

    @contextmanager
    def _make(self, form: str, database: Database, rows: bool) -> Iterator[Template]:  # noqa: FBT001
        def fill(database: Database, settings: ConnectionSettings) -> None:
            build_one(form, database, settings, rows=rows)

        with make_template(database, self.servers[database], fill) as template:
            yield template


@pytest.fixture(scope="session")
def installation_templates(
    meta_server: ConnectionSettings, tsdb_server: ConnectionSettings
) -> Iterator[Templates]:
    """The templates of all installations that tests of this session ask for."""
    with ExitStack() as stack:
        yield Templates({META: meta_server, TSDB: tsdb_server}, stack)


@pytest.fixture(params=FORMS)
def installation(
    request: pytest.FixtureRequest, installation_templates: Templates
) -> Iterator[Installation]:
    """An installation with rows of its users, this test's own."""
    with installation_templates.copy(request.param, rows=True) as installation:
        yield installation


@pytest.fixture(params=FORMS)
def bare_installation(
    request: pytest.FixtureRequest, installation_templates: Templates
) -> Iterator[Installation]:
    """An installation that nobody has used yet, this test's own."""
    with installation_templates.copy(request.param, rows=False) as installation:
        yield installation
