"""`adopt --keep-foreign` takes over releases that came after ours, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.findings import Check
from dataforeman_schema.commands.verify import verify_database
from dataforeman_schema.databases import META
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, assert_refused, run
from tests.commands.breakage import find
from tests.commands.places import execute, query
from tests.installations.catalog import read

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from tests.installations import Installation

LATER = pytest.mark.parametrize("installation", ["v0.4.4", "v0.6.0"], indirect=True)
NEWEST = pytest.mark.parametrize("installation", ["v0.6.0"], indirect=True)

RULES = {
    "v0.4.4": {"constraint tag_metadata_driver_type_check of table tag_metadata"},
    "v0.6.0": {
        "constraint connections_name_key of table connections",
        "constraint connections_type_check of table connections",
        "constraint tag_metadata_driver_type_check of table tag_metadata",
        "index uq_connections_name_active of table connections",
        "index uq_tag_name_per_connection of table tag_metadata",
    },
}
"""What the application's rows rest on, by release."""

TYPES = (
    "ALTER TABLE connections DROP CONSTRAINT connections_type_check; "
    "ALTER TABLE connections ADD CONSTRAINT connections_type_check CHECK (type <> '')"
)
BROKER = (
    "INSERT INTO connections (id, name, type) "
    "VALUES (gen_random_uuid(), 'Another broker', 'mqtt')"
)


def adopt(installation: Installation, *arguments: str) -> CompletedProcess[str]:
    """Run the command on the metadata database."""
    command = (BIN / "dataforeman-schema", "adopt", "meta")
    return run(*command, *arguments, **installation.environ)


@LATER
def test_there_and_back(installation: Installation) -> None:
    """Its rules stay and are noted, its tables are foreign, and it can be undone."""
    before = read(installation.meta)
    result = adopt(installation, "--keep-foreign")
    assert result.returncode == 0, result
    assert "every checksum is as before" in result.stdout
    verdict = verify_database(META, installation.meta, 60)
    assert (verdict.error, verdict.findings) == (None, [])
    accepted = {note.where for note in verdict.notes if note.check is Check.ACCEPTED}
    assert accepted == RULES[installation.form]
    assert "table flows" in {note.where for note in verdict.notes}
    Migrations(META, installation.meta).check()
    assert adopt(installation, "--undo").returncode == 0
    assert read(installation.meta) == before


@NEWEST
def test_the_plan(installation: Installation) -> None:
    """The plan says what becomes of each difference, and nothing is changed."""
    before = read(installation.meta)
    plan = adopt(installation, "--plan", "--keep-foreign").stdout
    for line in (
        "accepted: constraint connections_type_check of table connections",
        "added: column is_deleted of table tag_metadata",
        "bridged: constraint user_roles_pkey of table user_roles",
        "foreign: table mqtt_connections",
    ):
        assert f"  {line}" in plan
    assert read(installation.meta) == before


@NEWEST
def test_what_is_accepted(installation: Installation) -> None:
    """The application goes on, and an accepted rule that changes again is found."""
    assert adopt(installation, "--keep-foreign").returncode == 0
    assert "nothing to adopt" in adopt(installation, "--keep-foreign").stdout
    execute(installation.meta, BROKER)
    twice = "SELECT count(*) FROM connections WHERE name = 'PLC 12'"
    assert query(installation.meta, twice) == [(2,)]
    assert find(META, installation.meta) == []
    execute(installation.meta, TYPES)
    [found] = find(META, installation.meta)
    assert found.where == "constraint connections_type_check of table connections"


@NEWEST
def test_what_was_added_has_values(installation: Installation) -> None:
    """It is not taken back while that would lose what was written since."""
    assert adopt(installation, "--keep-foreign").returncode == 0
    gone = "UPDATE tag_metadata SET is_deleted = {} WHERE tag_path = 'plant/1'"
    execute(installation.meta, gone.format("true"))
    assert_refused(
        adopt(installation, "--undo"), "values of tag_metadata.is_deleted (1)"
    )
    assert find(META, installation.meta) == []
    execute(installation.meta, gone.format("false"))
    assert adopt(installation, "--undo").returncode == 0


@NEWEST
def test_without_being_told(installation: Installation) -> None:
    """Every command names the release and the way, and none changes anything."""
    before = read(installation.meta)
    program, environ = BIN / "dataforeman-schema", installation.environ
    release = "DataForeman v0.5 or v0.6 (it has a table mqtt_connections)"
    assert_refused(adopt(installation), release)
    assert_refused(run(program, "upgrade", **environ), release)
    [found] = [it for it in find(META, installation.meta) if release in it.what]
    assert found.remedy == "dataforeman-schema adopt meta --keep-foreign"
    assert read(installation.meta) == before
