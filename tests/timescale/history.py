"""Revisions written by autogenerate, run from their files and in memory."""

from __future__ import annotations

import logging
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import produce_migrations
from alembic.config import Config
from alembic.operations import Operations
from alembic.operations.ops import OpContainer
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from dataforeman_schema.timescale import PLUGIN_NAME, include_name, include_object
from dataforeman_schema.timescale.operation import DowngradeOnly, UpgradeOnly

if TYPE_CHECKING:
    from alembic.operations.ops import MigrateOperation, MigrationScript
    from sqlalchemy import Connection, MetaData

_ENV = """
from alembic import context
given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given["metadata"],
    **given["options"],
)
with context.begin_transaction():
    context.run_migrations()
"""

_TEMPLATE = """
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

def upgrade():
    ${upgrades if upgrades else "pass"}

def downgrade():
    ${downgrades if downgrades else "pass"}
"""


class History:
    """A folder of revisions and the database they are run on.

    Args:
        connection: The database.
        folder: Where the environment is made.
        template: What revisions are written from.
    """

    def __init__(
        self, connection: Connection, folder: Path, template: str = _TEMPLATE
    ) -> None:
        self.connection = connection
        self.folder = folder
        (folder / "versions").mkdir(parents=True)
        (folder / "env.py").write_text(_ENV)
        (folder / "script.py.mako").write_text(template)
        logging.getLogger("alembic").setLevel(logging.WARNING)

    def options(self, metadata: MetaData) -> dict[str, Any]:
        """The options of Alembic's context."""
        return {
            "autogenerate_plugins": ["alembic.autogenerate.*", PLUGIN_NAME],
            "include_name": include_name,
            "include_object": include_object(metadata),
            "include_schemas": True,
            "compare_server_default": True,
        }

    def _config(self, metadata: MetaData) -> Config:
        config = Config()
        config.set_main_option("script_location", str(self.folder))
        config.set_main_option("path_separator", "newline")
        self.connection.commit()
        config.attributes["connection"] = self.connection
        config.attributes["metadata"] = metadata
        config.attributes["options"] = self.options(metadata)
        return config

    def revise(self, metadata: MetaData) -> str:
        """Write the revision that brings the database to the models: its text."""
        script = command.revision(self._config(metadata), autogenerate=True)
        assert isinstance(script, Script)
        return Path(script.path).read_text()

    def upgrade(self, metadata: MetaData, *told: str) -> None:
        """Run the revisions that are not run yet, with what ``-x`` tells."""
        config = self._config(metadata)
        config.cmd_opts = Namespace(x=list(told))
        command.upgrade(config, "head")

    def downgrade(self, metadata: MetaData, revision: str = "-1") -> None:
        """Run the last revision backwards."""
        command.downgrade(self._config(metadata), revision)
        self.connection.commit()

    def forget(self, metadata: MetaData) -> None:
        """Delete the file of the last revision, which must not be applied."""
        script = ScriptDirectory.from_config(self._config(metadata))
        for head in script.get_revisions(script.get_heads()):
            (self.folder / "versions" / head.path.rpartition("/")[2]).unlink()

    def reach(self, metadata: MetaData) -> str:
        """Bring the database to the models; return the text of the revision."""
        text = self.revise(metadata)
        self.upgrade(metadata)
        return text

    def plan(self, metadata: MetaData) -> MigrationScript:
        """Compare the models with the database."""
        context = MigrationContext.configure(
            self.connection,
            opts={"target_metadata": metadata, **self.options(metadata)},
        )
        script = produce_migrations(context, metadata)
        self.connection.commit()
        return script

    def differences(self, metadata: MetaData) -> list[Any]:
        """What ``alembic check`` would report."""
        return list(self.plan(metadata).upgrade_ops.as_diffs())  # type: ignore[union-attr]

    def invoke(self, container: OpContainer | None) -> None:
        """Run operations in memory, in one transaction."""
        context = MigrationContext.configure(self.connection)
        with self.connection.begin():
            _invoke(Operations(context), container)


def _invoke(operations: Operations, item: MigrateOperation | None) -> None:
    if isinstance(item, OpContainer) and not isinstance(
        item, (DowngradeOnly, UpgradeOnly)
    ):
        for inner in item.ops:
            _invoke(operations, inner)
    elif item is not None:
        operations.invoke(item)
