"""The JSON of status and verify has the keys that docs/commands.md lists."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.findings import Check
from dataforeman_schema.databases import META
from dataforeman_schema.packaging import alembic_ini
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, run, variables
from tests.commands.places import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings

ROOT = alembic_ini().parent
DOCUMENT = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
POLICY = "SELECT add_retention_policy('tag_values', interval '1 year')"


def keys(value: object, path: str = "") -> Iterator[str]:
    """List the keys of JSON, as the document writes them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from keys(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item, f"{path}[]")
    else:
        yield path


def documented(heading: str) -> set[str]:
    """Read the first column of the table under a heading."""
    table = DOCUMENT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE))


@pytest.mark.parametrize("verb", ["status", "verify"])
def test_keys(
    verb: str, meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What is printed and what is documented have the same keys."""
    Migrations(META, meta_database).downgrade("meta_001")
    execute(tsdb_database, POLICY)
    environ = variables(meta_database) | variables(tsdb_database)
    result = run(BIN / "dataforeman-schema", verb, "--json", **environ)
    printed = set(keys(json.loads(result.stdout)))
    assert printed == documented(f"key of `{verb} --json`")


def test_checks() -> None:
    """Every name that a check gives to its findings is documented."""
    assert {check.value for check in Check} == documented("check | finds")
