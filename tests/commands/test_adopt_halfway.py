"""`adopt` takes over databases that somebody, or the former tool, left halfway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.adoption.run import Adoption
from dataforeman_schema.databases import META
from tests.commands.breakage import find
from tests.commands.places import VERSION_TABLE, execute
from tests.installations import run
from tests.installations.catalog import read

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

SCHEMA, SEED = "v0.2.1-unbooted/meta", "v0.2.1-unbooted/seed"
HALFWAY = {
    "before the former tool's seed": ((SCHEMA,), "SELECT"),
    "some bridges made by hand": (
        (SCHEMA, SEED),
        (
            "ALTER TABLE user_roles DROP CONSTRAINT user_roles_user_id_role_id_key, "
            "ADD PRIMARY KEY (user_id, role_id); "
            "DROP INDEX idx_connections_name; "
            "COMMENT ON TABLE users IS 'mine'; "
            "ALTER TABLE chart_configs ADD FOREIGN KEY (folder_id) "
            "REFERENCES chart_folders (id) ON DELETE SET NULL"
        ),
    ),
    "our first revision was rolled back": ((SCHEMA, SEED), VERSION_TABLE),
    "a table was lost": ((SCHEMA, SEED), "DROP TABLE jobs"),
}


@pytest.mark.parametrize("what", HALFWAY)
def test_halfway(meta_empty_database: ConnectionSettings, what: str) -> None:
    """Whatever is missing is made, what is there already is no obstacle, and back."""
    files, change = HALFWAY[what]
    run(meta_empty_database, files)
    execute(meta_empty_database, change)
    before = read(meta_empty_database)
    adoption = Adoption(META, meta_empty_database, lambda _: None, lambda _: None)
    adoption.run()
    assert find(META, meta_empty_database) == []
    adoption.undo()
    assert read(meta_empty_database) == before
