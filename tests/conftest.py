"""Fixtures of the whole suite: the package's own, offered to its users too."""

import pytest

from dataforeman_schema.settings import META_VARIABLES, TSDB_VARIABLES

pytest_plugins = ["dataforeman_schema.testing"]


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    """Keep the settings and the .env of whoever runs the tests out of them."""
    for variables in (META_VARIABLES, TSDB_VARIABLES):
        for name in (variables.url, *variables.names):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(str(tmp_path))
