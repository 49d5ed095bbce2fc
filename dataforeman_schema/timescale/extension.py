"""The extension itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from . import render
from .ddl import Statement, dollar_quoted, string
from .operation import execute
from .releases import MINIMUM_VERSION

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_CHECK = """
DECLARE
  installed CONSTANT text := (
    SELECT extversion FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  IF string_to_array(substring(installed FROM '^[0-9.]*[0-9]'), '.')::int[]
     < string_to_array({least}, '.')::int[] THEN
    RAISE EXCEPTION 'TimescaleDB % or later is needed, this database has %', {least},
      installed
      USING HINT = 'Run ALTER EXTENSION timescaledb UPDATE in a new session.';
  END IF;
END
"""


class CreateExtension(Statement):
    """Create the extension where it is not there yet."""

    def sql(self) -> str:
        """Write the statement.

        Returns:
            The ``CREATE EXTENSION``.
        """
        return "CREATE EXTENSION IF NOT EXISTS timescaledb"


class RequireVersion(Statement):
    """Fail unless the extension is new enough.

    Args:
        least: The oldest version that will do, as numbers between dots.

    Raises:
        ValueError: The version is no numbers between dots.
    """

    def __init__(self, least: str) -> None:
        if not re.fullmatch(r"\d+(\.\d+)*", least):
            raise ValueError(f"{least!r} is not a version such as 2.18 or 2.18.2")
        self.least = least

    def sql(self) -> str:
        """Write the statement.

        Returns:
            A ``DO`` block.
        """
        return f"DO {dollar_quoted(_CHECK.format(least=string(self.least)))}"


class DropExtension(Statement):
    """Drop the extension."""

    def sql(self) -> str:
        """Write the statement.

        Returns:
            The ``DROP EXTENSION``, which PostgreSQL refuses while hypertables exist.
        """
        return "DROP EXTENSION timescaledb"


class _ExtensionOp(MigrateOperation):
    """What the creation and the removal of the extension carry alike."""

    def __init__(self, minimum_version: str = MINIMUM_VERSION) -> None:
        self.minimum_version = minimum_version


@Operations.register_operation("create_timescaledb_extension")
class CreateTimescaledbExtensionOp(_ExtensionOp):
    """Create the extension where it is missing, in a version that is new enough."""

    @classmethod
    def create_timescaledb_extension(
        cls, operations: Operations, minimum_version: str = MINIMUM_VERSION
    ) -> None:
        """Create the extension where it is missing; fail where it is too old.

        A database may have had the extension before the migration, so a downgrade does
        well to leave it: write ``op.drop_timescaledb_extension`` only where you are
        sure.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            minimum_version: The oldest version that will do.

        Raises:
            ValueError: The version is no numbers between dots.
        """
        operations.invoke(cls(minimum_version))

    def reverse(self) -> DropTimescaledbExtensionOp:
        """Return the operation that drops the extension.

        Returns:
            The reverse.
        """
        return DropTimescaledbExtensionOp(self.minimum_version)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``.

        Returns:
            A name and the version needed.
        """
        return ("add_timescaledb_extension", self.minimum_version)


@Operations.register_operation("drop_timescaledb_extension")
class DropTimescaledbExtensionOp(_ExtensionOp):
    """Drop the extension."""

    @classmethod
    def drop_timescaledb_extension(
        cls, operations: Operations, minimum_version: str = MINIMUM_VERSION
    ) -> None:
        """Drop the extension, which PostgreSQL refuses while hypertables exist.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            minimum_version: The oldest version that will do, for the reverse.
        """
        operations.invoke(cls(minimum_version))

    def reverse(self) -> CreateTimescaledbExtensionOp:
        """Return the operation that creates the extension.

        Returns:
            The reverse.
        """
        return CreateTimescaledbExtensionOp(self.minimum_version)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``.

        Returns:
            A name and the version that was needed.
        """
        return ("remove_timescaledb_extension", self.minimum_version)


@Operations.implementation_for(CreateTimescaledbExtensionOp)
def _create_extension(operations: Operations, op: CreateTimescaledbExtensionOp) -> None:
    execute(operations, [CreateExtension(), RequireVersion(op.minimum_version)])


@Operations.implementation_for(DropTimescaledbExtensionOp)
def _drop_extension(operations: Operations, _op: DropTimescaledbExtensionOp) -> None:
    execute(operations, [DropExtension()])


@renderers.dispatch_for(CreateTimescaledbExtensionOp)
def _render_create(context: AutogenContext, op: CreateTimescaledbExtensionOp) -> str:
    return render.call(context, "create_timescaledb_extension", op.minimum_version)


@renderers.dispatch_for(DropTimescaledbExtensionOp)
def _render_drop(context: AutogenContext, op: DropTimescaledbExtensionOp) -> str:
    return render.call(context, "drop_timescaledb_extension", op.minimum_version)
