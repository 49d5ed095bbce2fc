"""The metadata database's first revision against the catalog that it replaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.databases import META
from dataforeman_schema.meta import metadata
from dataforeman_schema.testing import Migrations
from tests.table_catalog import catalog, uncommented

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from dataforeman_schema.settings import ConnectionSettings

REFERENCE = Path(__file__).parent / "metadata-catalog.json"

ADDED_CONSTRAINTS = {
    "user_roles": {"user_roles_pkey": "PRIMARY KEY (user_id, role_id)"},
    "chart_configs": {
        "chart_configs_folder_id_fkey": "FOREIGN KEY (folder_id) "
        "REFERENCES chart_folders(id) ON DELETE SET NULL"
    },
    "dashboard_configs": {
        "dashboard_configs_folder_id_fkey": "FOREIGN KEY (folder_id) "
        "REFERENCES dashboard_folders(id) ON DELETE SET NULL"
    },
}
DROPPED_CONSTRAINTS = {"user_roles": "user_roles_user_id_role_id_key"}
DROPPED_INDEXES = {
    "connections": "idx_connections_name",
    "poll_groups": "idx_poll_groups_rate",
    "tag_metadata": "idx_tag_metadata_connection",
    "eip_tag_cache": "idx_eip_tag_cache_conn",
    "user_permissions": "idx_user_permissions_user",
}
SHARED_FUNCTION = {
    "update_connections_timestamp": "set_updated_at",
    "update_tag_metadata_timestamp": "set_updated_at",
}


@pytest.fixture
def first_engine(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> Engine:
    """An engine of a database at the first revision: later ones go their own way."""
    Migrations(META, meta_empty_database).upgrade("meta_001")
    return meta_empty_engine


def improved_reference() -> dict[str, Any]:
    """Apply the wanted differences, and no others, to the reference."""
    tables: dict[str, Any] = json.loads(REFERENCE.read_text("utf-8"))
    for table, added in ADDED_CONSTRAINTS.items():
        tables[table]["constraints"] |= added
    for table, dropped in DROPPED_CONSTRAINTS.items():
        del tables[table]["constraints"][dropped]
    for table, dropped in DROPPED_INDEXES.items():
        del tables[table]["indexes"][dropped]
    for table in tables.values():
        table.setdefault("triggers", {})
        for name, definition in table["triggers"].items():
            for old, new in SHARED_FUNCTION.items():
                definition = definition.replace(old, new)  # noqa: PLW2901
            table["triggers"][name] = definition
    return tables


def test_migrated_database_is_the_reference_improved(first_engine: Engine) -> None:
    """Tables, columns, constraints, indexes and triggers are the reference's."""
    assert catalog(first_engine) == improved_reference()


def test_a_difference_is_named(first_engine: Engine) -> None:
    """What fails above says which column differs, and in what."""
    with first_engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs ALTER error TYPE varchar(9)"))
        connection.execute(text("ALTER TABLE users DROP display_name"))
    with pytest.raises(AssertionError) as failed:
        assert catalog(first_engine) == improved_reference()
    said = str(failed.value)
    assert "jobs.columns.error.type is 'character varying(9)', expected is" in said
    assert "users.columns.display_name is missing: {" in said


def test_columns_are_in_the_order_of_the_reference(first_engine: Engine) -> None:
    """Every table has its columns in the reference's order."""
    found = {
        name: list(table["columns"]) for name, table in catalog(first_engine).items()
    }
    reference = improved_reference()
    assert found == {name: list(table["columns"]) for name, table in reference.items()}


def test_nothing_lies_outside_the_reference(first_engine: Engine) -> None:
    """No view, type, further function or loose sequence is in the database."""
    with first_engine.connect() as connection:
        found = snapshot(connection)
    assert not found["views"]
    assert not found["types"]
    assert list(found["functions"]) == ["set_updated_at()"]
    assert all(sequence["table"] for sequence in found["sequences"].values())


def test_create_all_makes_what_the_migrations_make(
    meta_engine: Engine, meta_empty_engine: Engine
) -> None:
    """`create_all` builds the migrated catalog, comments and triggers included."""
    metadata.create_all(meta_empty_engine)
    with meta_engine.connect() as migrated, meta_empty_engine.connect() as created:
        assert snapshot(created) == snapshot(migrated)


def test_drop_all_leaves_nothing(meta_engine: Engine) -> None:
    """`drop_all` on a migrated database drops the function with the tables."""
    metadata.drop_all(meta_engine)
    with meta_engine.connect() as connection:
        assert not any(snapshot(connection).values())


def test_every_table_and_column_has_a_comment(meta_engine: Engine) -> None:
    """The live catalog explains every table and every column."""
    with meta_engine.connect() as connection:
        found = snapshot(connection)
    assert uncommented(found) == []
