"""What the tests of the service share."""

from collections.abc import Callable

import pytest
from alembic import command
from alembic.config import Config

from dataforeman_schema.settings import ConnectionSettings


@pytest.fixture(scope="session")
def upgrade_own_meta(
    pytestconfig: pytest.Config,
) -> Callable[[ConnectionSettings], None]:
    """Run the service's tree on each new metadata database of the tests."""

    def upgrade(settings: ConnectionSettings) -> None:
        config = Config(pytestconfig.rootpath / "alembic.ini")
        config.attributes["settings"] = settings
        command.upgrade(config, "head")

    return upgrade
