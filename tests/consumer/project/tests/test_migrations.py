"""The service's tree beside DataForeman's: neither touches the other's tables."""

import pytest
from alembic import command
from alembic.config import Config

from dataforeman_schema.databases import META
from dataforeman_schema.settings import ConnectionSettings
from dataforeman_schema.testing import Migrations


def test_trees_are_clean(
    meta_database: ConnectionSettings, pytestconfig: pytest.Config
) -> None:
    """Neither tree sees the other's tables, up or down."""
    config = Config(pytestconfig.rootpath / "alembic.ini")
    config.attributes["settings"] = meta_database
    command.check(config)
    Migrations(META, meta_database).check()
    command.downgrade(config, "base")
    Migrations(META, meta_database).check()
