"""A revision that touches what messages carry says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.operations import ops
from sqlalchemy import Boolean, Column, Text

from dataforeman_schema.alembic_env.reminders import reminders
from dataforeman_schema.catalog.operation import ObjectOp
from dataforeman_schema.databases import META, TSDB, Database
from tests.commands import BIN, alembic, run, variables
from tests.commands.places import execute
from tests.trees import following

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.operations import MigrateOperation

    from dataforeman_schema.settings import ConnectionSettings

CHECK = {"type": "c", "columns": ["type"]}


@pytest.mark.parametrize(
    ("database", "operation", "named"),
    [
        (META, ops.DropColumnOp("connections", "enabled"), ["connections.enabled"]),
        (META, ops.AlterColumnOp("connections", "name"), ["connections.name"]),
        (META, ops.AddColumnOp("connections", Column("id", Text)), ["connections.id"]),
        (META, ops.DropTableOp("tag_metadata"), ["tag_metadata.tag_id"]),
        (
            META,
            ObjectOp("constraints", "connections", "types", CHECK, None),
            ["connections.type"],
        ),
        (
            META,
            ObjectOp("columns", "connections", "type", {}, {}),
            ["connections.type"],
        ),
        (TSDB, ops.RenameTableOp("tag_values", "readings"), ["tag_values."] * 6),
        (TSDB, ops.DropColumnOp("connections", "enabled"), []),
        (META, ops.AddColumnOp("connections", Column("zone", Boolean)), []),
        (META, ops.DropColumnOp("poll_groups", "name"), []),
        (META, ObjectOp("constraints", "connections", "key", {"type": "u"}, None), []),
    ],
)
def test_touched(
    database: Database, operation: MigrateOperation, named: list[str]
) -> None:
    """An operation on a column that messages carry has a line, others have none."""
    found = reminders(database, [operation])
    assert len(found) == len(named)
    for line, name in zip(found, named, strict=True):
        assert line.startswith(name)


def test_names_every_field() -> None:
    """The line names all fields and messages that carry the column."""
    [line] = reminders(META, [ops.AlterColumnOp("connections", "type")])
    assert "conn.type of connectivity.config@v1" in line
    assert "source.driver of telemetry.batch@v1" in line
    assert "spec/connectivity" in line


def test_autogenerate(checkout: Path, meta_database: ConnectionSettings) -> None:
    """Alembic's own command writes it at the top of the upgrade, and the rest below."""
    execute(meta_database, "ALTER TABLE connections RENAME enabled TO active")
    environ = {"ALEMBIC_CONFIG": str(checkout / "alembic.ini")}
    options = ("-n", "meta", "revision", "--autogenerate", "-m", "again")
    result = alembic(*options, **variables(meta_database), **environ)
    assert result.returncode == 0, result
    assert_reminded(checkout / "alembic_meta", META, "connections.enabled is conn.ena")


def test_revision(checkout: Path, tsdb_database: ConnectionSettings) -> None:
    """So does `dataforeman-schema revision`, in the other tree."""
    execute(tsdb_database, "ALTER TABLE tag_values DROP COLUMN v_text")
    command = (BIN / "dataforeman-schema", "revision", "tsdb", "-m", "again")
    result = run(*command, **variables(tsdb_database))
    assert result.returncode == 0, result
    assert_reminded(checkout / "alembic_tsdb", TSDB, "tag_values.v_text is points[].v")


def assert_reminded(tree: Path, database: Database, words: str) -> None:
    """Assert that the revision that was written begins with the one reminder of it."""
    number = following(database).rpartition("_")[2]
    text = (tree / "versions" / f"{number}_again.py").read_text()
    begin = '"""Bring the database to this release."""\n    # Reminder: '
    assert f"{begin}{words}" in text
    assert text.count("# Reminder") == 2  # the other is of every revision
    assert text.count("op.add_column(") == 1
