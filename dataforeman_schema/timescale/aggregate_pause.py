"""Taking a continuous aggregate away for a while, and making it anew.

An aggregate's query cannot be changed, nor a column that it reads. It is taken away
before the table operations and made anew after them, with all that was set of it; what
it had materialized is filled in again when the revision is through.
"""

from __future__ import annotations

from alembic.operations import Operations

from .aggregate_fill import fill_when_recorded
from .aggregate_sql import GiveBack, TakeAway
from .aggregate_view import AggregateView
from .aggregate_view_op import create_view
from .lost_buckets import refuse_to_lose_buckets
from .operation import FeatureOp, execute, placed, register_pair
from .suspended import note_resumed, note_suspended


@Operations.register_operation("suspend_continuous_aggregate")
class SuspendContinuousAggregateOp(FeatureOp[AggregateView]):
    """Take a continuous aggregate away, up to ``resume_continuous_aggregate``."""

    verb = "suspend"
    warning = (
        "Goes, and comes anew below with all that is set of it. Refused without\n"
        "-x lose-data=yes while it has rows that nothing is left to make again of."
    )

    @classmethod
    def suspend_continuous_aggregate(
        cls,
        operations: Operations,
        name: str,
        *,
        definition: str,
        materialized_only: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """Take a continuous aggregate away, up to ``op.resume_continuous_aggregate``.

        Its owner, rights, comments, indexes, chunk interval, columnstore and policies
        are kept for that in the session. It fails, with their number, while it has rows
        in buckets that no row is left in, which nothing could make again, unless the
        command is told ``-x lose-data=yes``. The reverse is
        ``op.resume_continuous_aggregate`` with the same query.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            name: The aggregate.
            definition: Its query, for the reverse.
            materialized_only: Whether queries see only what is materialized, for the
                reverse.
            schema: Its schema, or None for the first of the search path.
        """
        view = AggregateView(definition, materialized_only)
        operations.invoke(cls(name, view, schema=schema))


@Operations.register_operation("resume_continuous_aggregate")
class ResumeContinuousAggregateOp(FeatureOp[AggregateView]):
    """Make a continuous aggregate anew that was taken away."""

    verb = "resume"
    warning = (
        "Made anew, and filled from all rows that are there when the revision is\n"
        "recorded; if that is interrupted, fill it with the command that is named then."
    )

    @classmethod
    def resume_continuous_aggregate(
        cls,
        operations: Operations,
        name: str,
        *,
        definition: str,
        materialized_only: bool | None = None,
        schema: str | None = None,
    ) -> None:
        """Make a continuous aggregate anew that was taken away.

        It gets its owner, rights, comments, indexes, chunk interval, columnstore and
        policies back, also those that no model declares. When the revision is recorded
        it is filled, up to where it was and from all rows that are there, in a
        transaction for each part; see `fill_aggregates`. Where none was taken away, it
        is created without data. The reverse is ``op.suspend_continuous_aggregate``.

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


def _suspend(operations: Operations, op: SuspendContinuousAggregateOp) -> None:
    refuse_to_lose_buckets(operations, op.relation, op.schema)
    execute(operations, [TakeAway(op.relation, placed(operations, op.schema))])
    note_suspended(operations, op.relation, op.schema)


def _resume(operations: Operations, op: ResumeContinuousAggregateOp) -> None:
    create_view(operations, op)
    execute(operations, [GiveBack(op.relation, op.schema)])
    note_resumed(operations, op.relation, op.schema)
    fill_when_recorded(operations)


register_pair(
    ResumeContinuousAggregateOp,
    SuspendContinuousAggregateOp,
    give=_resume,
    take=_suspend,
)
