"""Fixtures of the whole suite, and the examples in the documents as tests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import URL, Engine, NullPool
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from tests.commands import variables
from tests.commands.forked import start_server
from tests.commands.places import absent_database, execute
from tests.garbage import collect_seldom
from tests.measuring import save_only_what_ran
from tests.typecheck import TypeChecker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template

pytest_plugins = [
    "dataforeman_schema.testing",
    "tests.differences",
    "tests.installations.fixtures",
    "tests.tiers",
]

collect_ignore = ["tests/consumer/project"]  # tests of another project

TUTORIAL = "docs/timescaledb.md"

_documents = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md"],
    excludes=[TUTORIAL],
    setup=lambda namespace: namespace.update(__name__="__main__"),
    fixtures=["settings_in_environment"],
)
_tutorial = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=[TUTORIAL],
    fixtures=["empty_database_in_environment"],
)
pytest_collect_file = (_documents + _tutorial).pytest()


def pytest_configure() -> None:
    """Let commands be interrupted where a shell runs all of this in its background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marker in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a document's examples in one process: each builds on those before it."""
    for item in items:
        if item.path.suffix == ".md":
            item.add_marker(pytest.mark.xdist_group(item.path.name))


def pytest_collection_finish() -> None:
    """Save time in all processes, once all modules of tests are there."""
    collect_seldom()
    save_only_what_ran()
    start_server()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings and the .env of whoever runs the tests out of them."""
    settings = re.compile(r"PG[A-Z]|TSDB_(?!TEST_URL)|DATABASE_URL$|ALEMBIC_CONFIG$")
    for name in filter(settings.match, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def type_checker(tmp_path_factory: pytest.TempPathFactory) -> TypeChecker:
    """A type checker that knows the installed packages after its first run."""
    return TypeChecker(tmp_path_factory.mktemp("mypy"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=Path(__file__).parent,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def plain_server(request: pytest.FixtureRequest) -> Iterator[ConnectionSettings]:
    """An embedded PostgreSQL, which never has TimescaleDB: META_TEST_URL's may."""
    if not os.environ.get("META_TEST_URL"):
        yield request.getfixturevalue("meta_server")
        return
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False) as server,
    ):
        yield read_settings(META.variables, {}).replace(**server.params)


@pytest.fixture
def plain_database(plain_server: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """An empty telemetry database on a server without TimescaleDB, this test's own."""
    with absent_database(plain_server) as settings:
        execute(plain_server, f"CREATE DATABASE {settings.database}")
        yield read_settings(TSDB.variables, {}).replace(**settings.keywords)


@pytest.fixture
def plain_engine(plain_database: ConnectionSettings) -> Engine:
    """A SQLAlchemy engine on that database."""
    return create_engine(plain_database, poolclass=NullPool)


@pytest.fixture(scope="module")
def settings_of_document(
    meta_template: Template, tsdb_template: Template
) -> Iterator[dict[str, str]]:
    """The variables that lead to a pair of databases at head, a document's own."""
    with meta_template.copy() as meta, tsdb_template.copy() as tsdb:
        yield variables(meta) | variables(tsdb)


@pytest.fixture
def settings_in_environment(
    monkeypatch: pytest.MonkeyPatch, settings_of_document: dict[str, str]
) -> None:
    """Let examples find both databases by the usual variables."""
    for name, value in settings_of_document.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def empty_database_in_environment(
    tsdb_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Let the tutorial work in a folder and a TimescaleDB database of its own."""
    with tsdb_template.empty() as settings, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("tutorial"))
        url = URL.create("postgresql+psycopg2", query=dict(settings.keywords))
        patch.setenv("URL", url.render_as_string(hide_password=False))
        yield
