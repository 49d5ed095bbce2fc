"""The operations of continuous aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import Operations
from alembic.util import CommandError

from . import render
from .aggregate_view import AggregateView
from .ddl import Text, boolean, qualified
from .extension_schema import append_to_search_path
from .lost_buckets import refuse_to_lose_buckets
from .operation import AlterOp, FeatureOp, execute, placed, register_pair

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


@Operations.register_operation("create_continuous_aggregate")
class CreateContinuousAggregateOp(FeatureOp[AggregateView]):
    """Create a continuous aggregate."""

    verb = "create"
    warning = (
        "Created without data: a policy or op.refresh_continuous_aggregate fills it."
    )

    @classmethod
    def create_continuous_aggregate(
        cls,
        operations: Operations,
        name: str,
        *,
        definition: str,
        materialized_only: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """Create a continuous aggregate without data.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            name: The aggregate.
            definition: Its query.
            materialized_only: Whether queries see only what is materialized; None
                leaves it to the server.
            schema: Its schema, or None for the first of the search path.
        """
        view = AggregateView(definition, materialized_only)
        operations.invoke(cls(name, view, schema=schema))


@Operations.register_operation("drop_continuous_aggregate")
class DropContinuousAggregateOp(FeatureOp[AggregateView]):
    """Drop a continuous aggregate."""

    verb = "drop"
    warning = (
        "What the aggregate has materialized goes; a refresh makes it again of rows\n"
        "that are still there. Of others it is refused without -x lose-data=yes."
    )

    @classmethod
    def drop_continuous_aggregate(
        cls,
        operations: Operations,
        name: str,
        *,
        definition: str,
        materialized_only: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """Drop a continuous aggregate with all that it has materialized.

        It fails, with their number, while it has rows in buckets that no row of its
        hypertable is left in, so that no refresh could make them again, unless the
        command is told ``-x lose-data=yes``. A bucket of which only some rows are left
        is not counted.

        The reverse creates it without data; a refresh can only fill it from rows that
        its hypertable still has.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            name: The aggregate.
            definition: Its query, for the reverse.
            materialized_only: Whether queries saw only what was materialized, for the
                reverse.
            schema: Its schema, or None for the first of the search path.
        """
        view = AggregateView(definition, materialized_only)
        operations.invoke(cls(name, view, schema=schema))


@Operations.register_operation("alter_continuous_aggregate")
class AlterContinuousAggregateOp(AlterOp[AggregateView]):
    """Change whether a continuous aggregate shows only what is materialized."""

    @classmethod
    def alter_continuous_aggregate(
        cls,
        operations: Operations,
        name: str,
        *,
        materialized_only: bool,
        existing_materialized_only: bool,
        schema: str | None = None,
    ) -> None:
        """Change whether queries see only what is materialized.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            name: The aggregate.
            materialized_only: Whether queries see only what is materialized.
            existing_materialized_only: What it was, for the reverse.
            schema: Its schema, or None for the first of the search path.
        """
        view = AggregateView("", materialized_only)
        existing = AggregateView("", existing_materialized_only)
        operations.invoke(cls(name, view, existing, schema=schema))


@Operations.implementation_for(AlterContinuousAggregateOp)
def _alter(operations: Operations, op: AlterContinuousAggregateOp) -> None:
    only = boolean(bool(op.feature.materialized_only))
    view = qualified(op.relation, placed(operations, op.schema))
    text = (
        f"ALTER MATERIALIZED VIEW {view} SET (timescaledb.materialized_only = {only})"
    )
    execute(operations, [Text(text)])


def create_view(operations: Operations, op: FeatureOp[AggregateView]) -> None:
    """Create an aggregate, unless its text would name tables of the wrong schema."""
    context = operations.migration_context
    if context.connection is not None and not context.as_sql:
        options = context.connection.get_execution_options()
        if options.get("schema_translate_map"):
            raise CommandError(
                f"the query of the continuous aggregate {op.relation} names its tables "
                "itself, so schema_translate_map cannot move it: set search_path to "
                "the schema instead, and name no schema in the models"
            )
        append_to_search_path(context.connection)
    execute(operations, op.feature.addition(op.relation, op.schema))


def _drop(operations: Operations, op: DropContinuousAggregateOp) -> None:
    refuse_to_lose_buckets(operations, op.relation, op.schema)
    schema = placed(operations, op.schema)
    execute(operations, op.feature.removal(op.relation, schema))


register_pair(
    CreateContinuousAggregateOp, DropContinuousAggregateOp, give=create_view, take=_drop
)


@renderers.dispatch_for(AlterContinuousAggregateOp)
def _render_alter(context: AutogenContext, op: AlterContinuousAggregateOp) -> str:
    return render.call(
        context,
        "alter_continuous_aggregate",
        op.relation,
        materialized_only=op.feature.materialized_only,
        existing_materialized_only=op.existing.materialized_only,
        schema=op.schema,
    )
