"""The JSON of status and verify has the keys that docs/commands.md lists."""

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
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, run, variables
from tests.commands.places import execute
from tests.documents import documented_keys, keys

if TYPE_CHECKING:
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
LACKING = tuple(
    f"databases[].{name}[]"
    for name in ("hypertables[].newest_chunks", "aggregates", "standbys", "unseen")
)
POLICY = "SELECT add_retention_policy('tag_values', interval '1 year')"


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
    documented = documented_keys(f"key of `{verb} --json`")
    lacking = {key for key in documented if key.startswith(LACKING)}
    assert printed == documented - lacking


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
