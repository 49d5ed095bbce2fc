"""A changed SEED makes the data step of a revision, which spares what is in use."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, ForeignKey, Integer, Table, Text, column, select, table

from dataforeman_schema.alembic_env import revisions
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.databases import META, Database
from dataforeman_schema.meta import Connection, Role, Tag, Unit, seed
from dataforeman_schema.meta.seed import SEED, SeedRow
from dataforeman_schema.testing import Migrations
from tests.commands.places import execute, query
from tests.models import copied_models
from tests.trees import head

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config

    from dataforeman_schema.settings import ConnectionSettings

SYSTEM = select(Connection.id).where(Connection.is_system_connection)
NEW: tuple[SeedRow, ...] = (
    SeedRow(
        "units_of_measure",
        "it's 50%: x",
        Unit.name == "it's 50%: x",
        {"category": "Flow", "name": "it's 50%: x", "symbol": "x:y"},
    ),
    SeedRow(
        "tag_metadata",
        "disk_io",
        Tag.tag_path == "disk_io",
        {
            "connection_id": SYSTEM.scalar_subquery(),
            "driver_type": "SYSTEM",
            "tag_path": "disk_io",
            "tag_name": "Disk IO",
            "data_type": "REAL",
        },
    ),
)
NEW_TABLE = table("sites", column("name"))
NEW += (
    SeedRow("sites", "here", NEW_TABLE.c.name == "here", {"name": "here", "of": 9}),
    SeedRow("roles", "guest", Role.name == "guest", {"name": "guest", "level": 7}),
)
GONE = {"Kelvin", "Bar", "cpu_cap"}


def changed() -> tuple[SeedRow, ...]:
    """Add rows to SEED, take some away and change one."""
    kept = (row for row in SEED if row.name not in GONE)
    values = {"name": "Idle", "description": "Hourly statistics (1min)"}
    return (
        *(replace(row, values=values) if row.name == "9" else row for row in kept),
        *NEW,
    )


@pytest.fixture
def config(
    checkout: Path, meta_database: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> Config:
    """Alembic's configuration, of a tree that can have further revisions."""
    config = Migrations(META, meta_database).config()
    versions = checkout / "alembic_meta" / "versions"
    config.set_section_option("meta", "version_locations", str(versions))
    monkeypatch.setattr(
        revisions,
        "scripts",
        lambda _: [*ScriptDirectory.from_config(config).walk_revisions()][::-1],
    )
    return config


def test_data_step(
    config: Config,
    checkout: Path,
    meta_database: ConnectionSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows come, change and go unless people changed or use them, and so back."""
    command.check(config)
    execute(
        meta_database,
        "UPDATE units_of_measure SET symbol = 'mine' WHERE name = 'Bar';"
        "UPDATE poll_groups SET name = 'Mine' WHERE group_id = 8",
    )
    before = rows(meta_database)
    metadata = copied_models()
    key = ForeignKey("poll_groups.group_id")
    Table("sites", metadata, Column("name", Text, primary_key=True), Column("of", key))
    metadata.tables["roles"].append_column(Column("level", Integer))
    monkeypatch.setattr(Database, "metadata", lambda _self: metadata)
    monkeypatch.setattr(seed, "SEED", changed())
    command.revision(config, "rows", autogenerate=True)
    [written] = (checkout / "alembic_meta" / "versions").glob("*_rows.py")
    assert "dataforeman_schema" not in written.read_text()
    command.upgrade(config, "head")
    command.check(config)
    after = rows(meta_database)
    assert query(meta_database, 'SELECT name, "of" FROM sites') == [("here", 9)]
    guest = "SELECT level FROM roles WHERE name = 'guest'"
    assert query(meta_database, guest) == [(7,)]
    assert after ^ before == {
        "units_of_measure it's 50%: x x:y",
        "units_of_measure Kelvin K",
        "poll_groups Hourly Hourly statistics (1min)",
        "poll_groups Idle Hourly statistics (1min)",
        "tag_metadata cpu_cap CPU Capacity",
        "tag_metadata disk_io Disk IO",
    }
    config.attributes["options"] = Options(lose_data=True)  # the table's row
    command.downgrade(config, "-1")
    assert query(meta_database, "SELECT count(*) FROM roles") == [(2,)]
    assert rows(meta_database) == before
    config.output_buffer = StringIO()
    command.upgrade(config, f"{head(META)}:head", sql=True)
    execute(meta_database, config.output_buffer.getvalue())
    assert rows(meta_database) == after


def rows(settings: ConnectionSettings) -> set[str]:
    """Read what tells the rows apart."""
    found = query(
        settings,
        "SELECT concat_ws(' ', 'units_of_measure', name, symbol) FROM units_of_measure"
        " UNION ALL SELECT concat_ws(' ', 'poll_groups', name, description)"
        " FROM poll_groups"
        " UNION ALL SELECT concat_ws(' ', 'tag_metadata', tag_path, tag_name)"
        " FROM tag_metadata",
    )
    return {text for (text,) in found}
