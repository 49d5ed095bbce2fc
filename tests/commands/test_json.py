"""What `--json` prints fits its JSON Schema, which has the keys of docs/commands.md."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.findings import Check
from dataforeman_schema.commands.status import (
    HistoryStep,
    HypertableStatus,
    Status,
    Table,
)
from dataforeman_schema.commands.status.activity_state import (
    AggregateStatus,
    ChunkStatus,
    JobStatus,
    StandbyStatus,
)
from dataforeman_schema.databases import META
from dataforeman_schema.packaging import command_schemas
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, run, variables
from tests.commands.json_schemas import assert_fits, described, schema
from tests.commands.places import execute
from tests.documents import documented_keys

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

KINDS = {
    "databases[]": Status,
    "databases[].history[]": HistoryStep,
    "databases[].tables[]": Table,
    "databases[].hypertables[]": HypertableStatus,
    "databases[].hypertables[].newest_chunks[]": ChunkStatus,
    "databases[].jobs[]": JobStatus,
    "databases[].aggregates[]": AggregateStatus,
    "databases[].standbys[]": StandbyStatus,
}
POLICY = "SELECT add_retention_policy('tag_values', interval '1 year')"


SCHEMAS = sorted(command_schemas().iterdir())
DOCUMENTED = {
    "status": "status",
    "verify": "verify",
    "health": "health",
    "upgrade-plan": "upgrade --plan",
    "downgrade-plan": "downgrade --plan",
    "backup": "backup",
    "upgrade-telemetry-urls": "upgrade --telemetry-urls",
    "config-show": "config --show",
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documents(name: str) -> None:
    """A schema describes the keys that the document lists, in their order."""
    listed = documented_keys(f"key of `{DOCUMENTED[name]} --json`")
    assert set(described(schema(name))) == listed


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_descriptions(path: Path) -> None:
    """Every schema says what prints it, and what each value means."""
    read = schema(path.name.removesuffix(".schema.json"))
    assert read["title"]
    leaves = [*described(read)]
    assert path.read_text(encoding="utf-8").count('"description"') > len(leaves)


@pytest.mark.parametrize("verb", ["status", "verify", "health"])
def test_printed(
    verb: str, meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What is printed has all keys of its schema, also of a database out of reach."""
    Migrations(META, meta_database).downgrade("meta_001")
    execute(tsdb_database, POLICY)
    environ = variables(meta_database) | variables(tsdb_database)
    for changes in ({}, {"TSDB_HOST": "127.0.0.1", "TSDB_PORT": "1"}):
        command = (BIN / "dataforeman-schema", verb, "--json")
        result = run(*command, **environ | changes)
        assert_fits(verb, json.loads(result.stdout))


def test_keys_of_status() -> None:
    """What the databases in that test lack, an aggregate say, is documented too."""
    expected = {
        f"{path}.{field.name}"
        for path, kind in KINDS.items()
        for field in fields(kind)
        if f"{path}.{field.name}[]" not in KINDS
    }
    documented = documented_keys("key of `status --json`")
    assert expected == {key.removesuffix("[]") for key in documented}


def test_checks() -> None:
    """Every name that a check gives to its findings is documented."""
    assert {check.value for check in Check} == documented_keys("check | finds")
