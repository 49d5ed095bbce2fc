"""Databases in which tables and rows are not what they seem are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.commands import BIN, assert_refused, run, upgrade
from tests.commands.places import execute
from tests.commands.states import state

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings


def test_restoring(
    current_pair: dict[str, str], tsdb_database: ConnectionSettings
) -> None:
    """A restore that was not finished is refused, shown, found, and then is well."""
    command = BIN / "dataforeman-schema"
    execute(tsdb_database, "SELECT timescaledb_pre_restore()")
    try:
        assert_refused(upgrade(**current_pair), "restoring", "timescaledb_post_restore")
        lines = run(command, "status", **current_pair).stdout
        assert "in restoring mode" in lines
        found = json.loads(run(command, "status", "--json", **current_pair).stdout)
        assert [each["restoring"] for each in found["databases"]] == [False, True]
        assert run(command, "verify", **current_pair).returncode == 1
    finally:
        execute(tsdb_database, "SELECT timescaledb_post_restore()")
    assert upgrade(**current_pair).returncode == 0
    assert run(command, "verify", **current_pair).returncode == 0


def test_tables_in_another_schema(
    current_pair: dict[str, str], meta_database: ConnectionSettings
) -> None:
    """No second, empty set of tables is made beside those in another schema."""
    execute(meta_database, "ALTER SCHEMA public RENAME TO plant; CREATE SCHEMA public")
    before = state(meta_database)
    assert_refused(upgrade(**current_pair), "in schema plant", "verify")
    command = BIN / "dataforeman-schema"
    for arguments, code in ((("status",), 2), (("adopt", "meta", "--plan"), 1)):
        looked = run(command, *arguments, **current_pair)
        assert looked.returncode == code, looked
        assert "in schema plant, where sessions do not look" in looked.stderr
    assert state(meta_database) == before
