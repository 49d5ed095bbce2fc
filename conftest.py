"""Fixtures of the whole suite, and the examples in the documents as tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from dataforeman_schema.settings import META_VARIABLES, TSDB_VARIABLES
from tests.commands import variables

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

pytest_plugins = ["dataforeman_schema.testing"]

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md"],
    fixtures=["settings_in_environment"],
).pytest()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the settings and the .env of whoever runs the tests out of them."""
    for names in (META_VARIABLES, TSDB_VARIABLES):
        for name in (names.url, *names.names):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settings_in_environment(
    monkeypatch: pytest.MonkeyPatch,
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
) -> None:
    """Let examples find both databases, at head, by the usual variables."""
    for settings in (meta_database, tsdb_database):
        for name, value in variables(settings).items():
            monkeypatch.setenv(name, value)
