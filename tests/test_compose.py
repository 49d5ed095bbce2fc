"""compose.yaml, as far as it can be held to the settings without a container engine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from dataforeman_schema.packaging import alembic_ini
from dataforeman_schema.settings import META_VARIABLES, TSDB_VARIABLES, Variables

COMPOSE: dict[str, Any] = yaml.safe_load(
    (alembic_ini().parent / "compose.yaml").read_text(encoding="utf-8")
)
SERVICES = [("db", META_VARIABLES), ("tsdb", TSDB_VARIABLES)]


@pytest.mark.parametrize(("name", "variables"), SERVICES)
def test_settings_and_defaults(name: str, variables: Variables) -> None:
    """A server takes user, database and port from our settings, with our defaults."""
    service = COMPOSE["services"][name]
    prefix = variables.prefix
    environment = service["environment"]
    assert environment["POSTGRES_USER"] == f"${{{prefix}USER:-{variables.user}}}"
    assert environment["POSTGRES_DB"] == f"${{{prefix}DATABASE:-{variables.database}}}"
    assert service["ports"] == [f"127.0.0.1:${{{prefix}PORT:-{variables.port}}}:5432"]


@pytest.mark.parametrize(("name", "variables"), SERVICES)
def test_password_has_no_default(name: str, variables: Variables) -> None:
    """Without a password in the environment nothing starts, and the file has none."""
    password = COMPOSE["services"][name]["environment"]["POSTGRES_PASSWORD"]
    assert re.fullmatch(rf"\$\{{{variables.prefix}PASSWORD:\?set .*\}}", password)


@pytest.mark.parametrize("name", ["db", "tsdb"])
def test_production_like(name: str) -> None:
    """A server has a pinned image, a health check and a named volume."""
    service = COMPOSE["services"][name]
    assert re.search(r":(\d+\.\d+\.\d+-pg)?16$", service["image"])
    assert service["healthcheck"]["test"][1].startswith("pg_isready")
    assert service["volumes"][0].partition(":")[0] in COMPOSE["volumes"]
