"""What the downgrade of the seed data removes and what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from dataforeman_schema.databases import META
from dataforeman_schema.testing import Migrations
from tests.meta.rows import REFERENCES, first_key, keys_to, read_rows, read_table, refer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from dataforeman_schema.settings import ConnectionSettings

TOUCHED = [
    ("roles", "name = 'watcher' WHERE name = 'viewer'"),
    ("users", "is_active = false"),
    ("users", "display_name = NULL"),
    ("poll_groups", "description = 'mine' WHERE group_id = 3"),
    ("poll_groups", "is_active = false WHERE group_id = 3"),
    ("units_of_measure", "name = 'Celsius' WHERE symbol = '°C'"),
    ("units_of_measure", "is_system = false WHERE symbol = '°C'"),
    ("connections", "max_tags_per_group = 100"),
    ("tag_metadata", "unit_id = 1 WHERE tag_id = 1"),
]
"""Changes of one row each, in every seeded table."""


def downgrade(settings: ConnectionSettings) -> None:
    """Take the seed data back."""
    Migrations(META, settings).downgrade("meta_001")


def test_untouched_rows_go(
    seeded_engine: Engine, seeded_database: ConnectionSettings
) -> None:
    """An installation that nobody used is as empty as before the revision."""
    downgrade(seeded_database)
    assert not any(read_rows(seeded_engine).values())


def test_down_and_up_again(
    seeded_engine: Engine, seeded_database: ConnectionSettings
) -> None:
    """After a downgrade the upgrade adds as many rows as at first."""
    before = {name: len(rows) for name, rows in read_rows(seeded_engine).items()}
    downgrade(seeded_database)
    Migrations(META, seeded_database).upgrade("meta_002")
    after = {name: len(rows) for name, rows in read_rows(seeded_engine).items()}
    assert after == before


@pytest.mark.parametrize(("table", "change"), TOUCHED)
def test_touched_row_stays(
    seeded_engine: Engine, seeded_database: ConnectionSettings, table: str, change: str
) -> None:
    """The row that an operator changed stays as it is; its neighbours go."""
    with seeded_engine.begin() as connection:
        before = read_table(connection, table)
        connection.execute(text(f"UPDATE {table} SET {change}"))  # noqa: S608
        changed = set(read_table(connection, table)).difference(before)
    assert len(changed) == 1
    downgrade(seeded_database)
    assert set(read_rows(seeded_engine)[table]) == changed


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_referenced_row_stays(
    seeded_engine: Engine, seeded_database: ConnectionSettings, name: str
) -> None:
    """A seed row that something refers to stays, and so does what refers to it."""
    key = REFERENCES[name]
    referring, referred = key.parent.table.name, key.column.table.name
    with seeded_engine.begin() as connection:
        value = first_key(connection, key)
        before = read_table(connection, referring)
        refer(connection, key, value)
        (added,) = set(read_table(connection, referring)).difference(before)
    downgrade(seeded_database)
    after = read_rows(seeded_engine)
    assert added in after[referring]
    assert len(after[referred]) == 1


def test_every_foreign_key_to_a_seeded_table_is_tried() -> None:
    """The keys tried above are all that the models have."""
    assert keys_to({name for name, _ in TOUCHED}) == REFERENCES


def test_rows_of_others_are_untouched(
    seeded_engine: Engine, seeded_database: ConnectionSettings
) -> None:
    """Rows that the revision did not add are byte for byte the same after it."""
    with seeded_engine.begin() as connection:
        connection.execute(text("INSERT INTO roles (name) VALUES ('engineer')"))
        connection.execute(
            text("INSERT INTO connections (name, type) VALUES ('PLC', 's7')")
        )
        connection.execute(
            text(
                "INSERT INTO tag_metadata (connection_id, driver_type, tag_path)"
                " SELECT id, 'S7', 'cpu_pct' FROM connections WHERE name = 'PLC'"
            )
        )
    before = {row for rows in read_rows(seeded_engine).values() for row in rows}
    downgrade(seeded_database)
    after = {row for rows in read_rows(seeded_engine).values() for row in rows}
    own = {row for row in before if "engineer" in row or "PLC" in row or "S7" in row}
    assert len(own) == 3
    assert own < after <= before
