"""The operations of the indexes of continuous aggregates, and how they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import Operations
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from .aggregate_index import Indexes, listed
from .aggregate_index_state import AggregateIndex
from .ddl import Text, qualified
from .feature import Feature
from .operation import FeatureOp, register_pair
from .plan import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .catalog import Relation
    from .plan import Plan, Target

_SCRATCH: Final = "timescale_declared_index"
_PRINTED: Final = text("""
    SELECT pg_get_indexdef(indexrelid) FROM pg_index
     WHERE indrelid = to_regclass(:scratch)
""")


@Operations.register_operation("create_aggregate_index")
class CreateAggregateIndexOp(FeatureOp[AggregateIndex]):
    """Create an index on a continuous aggregate."""

    verb = "create"

    @classmethod
    def create_aggregate_index(
        cls,
        operations: Operations,
        aggregate: str,
        *,
        index_name: str,
        columns: Sequence[str] = (),
        using: str = "btree",
        include: Sequence[str] = (),
        definition: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Create an index on what a continuous aggregate has materialized.

        Refreshes wait until it is made; queries do not. The reverse drops it.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            aggregate: The continuous aggregate.
            index_name: The index.
            columns: The columns, each with its order, such as ``["hour DESC"]``.
            using: The access method.
            include: Columns that it holds beside them.
            definition: In place of all these, what SQL says after ``USING``.
            schema: The aggregate's schema, or None for the first of the search path.
        """
        index = AggregateIndex(
            index_name, *columns, using=using, include=include, definition=definition
        )
        operations.invoke(cls(aggregate, index, schema=schema))


@Operations.register_operation("drop_aggregate_index")
class DropAggregateIndexOp(FeatureOp[AggregateIndex]):
    """Drop an index of a continuous aggregate."""

    verb = "drop"

    @classmethod
    def drop_aggregate_index(
        cls,
        operations: Operations,
        aggregate: str,
        *,
        index_name: str,
        columns: Sequence[str] = (),
        using: str = "btree",
        include: Sequence[str] = (),
        definition: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Drop an index of a continuous aggregate; no row goes with it.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            aggregate: The continuous aggregate.
            index_name: The index.
            columns: Its columns with their order, for the reverse.
            using: Its access method, for the reverse.
            include: The columns that it holds beside them, for the reverse.
            definition: In place of all these, what SQL says after ``USING``.
            schema: The aggregate's schema, or None for the first of the search path.
        """
        index = AggregateIndex(
            index_name, *columns, using=using, include=include, definition=definition
        )
        operations.invoke(cls(aggregate, index, schema=schema))


register_pair(CreateAggregateIndexOp, DropAggregateIndexOp)


def compare_indexes(plan: Plan, target: Target, declared: Indexes | None) -> None:
    """Plan what brings the indexes of an aggregate to what is declared.

    Args:
        plan: The comparison.
        target: The continuous aggregate.
        declared: One index, beside which others are unmanaged; a sequence, which is all
            that there may be; `Absent`; or None where they are unmanaged.
    """
    live = {index.name: index for index in _live(plan, target)}
    wanted = {index.name: index for index in listed(declared)}
    if target.changes_in_place:
        wanted = {
            name: _as_printed(plan, target.relation, index, live.get(name))
            for name, index in wanted.items()
        }
    if declared is None or isinstance(declared, AggregateIndex):
        gone = plan.columns(target.relation).dropped
        staying = {name: it for name, it in live.items() if not it.named & gone}
        wanted = staying | wanted
    for name in sorted(live | wanted):
        _plan_index(plan, target, live.get(name), wanted.get(name))


def _plan_index(
    plan: Plan,
    target: Target,
    live: AggregateIndex | None,
    wanted: AggregateIndex | None,
) -> None:
    name, schema = target.name, target.schema
    change = Change(
        rank=target.rank + 1,
        label="index",
        live=live,
        wanted=wanted,
        add=lambda new: CreateAggregateIndexOp(name, new, schema=schema),
        drop=lambda old: DropAggregateIndexOp(name, old, schema=schema),
    )
    plan.plan_change(target, change)


def _live(plan: Plan, target: Target) -> list[AggregateIndex]:
    found = plan.catalog.aggregate_indexes.get(target.relation, {})
    return [AggregateIndex(name, definition=it) for name, it in found.items()]


def read_indexes(plan: Plan, target: Target) -> list[AggregateIndex] | None:
    """Read the indexes of an aggregate, as models declare them."""
    return _live(plan, target) or None


def _as_printed(
    plan: Plan,
    relation: Relation,
    wanted: AggregateIndex,
    live: AggregateIndex | None,
) -> AggregateIndex:
    """Have the server print a definition in words as it prints those that it has."""
    if live in {None, wanted} or wanted.definition is None or plan.connection is None:
        return wanted
    view, scratch = qualified(relation.name, relation.schema), f"pg_temp.{_SCRATCH}"
    nested = plan.connection.begin_nested()
    try:
        columns = f"SELECT * FROM {view} WITH NO DATA"  # noqa: S608 (a quoted name)
        plan.connection.execute(Text(f"CREATE TEMP TABLE {_SCRATCH} AS {columns}"))
        index = f"CREATE INDEX ON {scratch} USING {wanted.definition}"
        plan.connection.execute(Text(index))
        found = plan.connection.scalar(_PRINTED, {"scratch": scratch})
    except ProgrammingError:
        return wanted  # The upgrade says what is wrong with it.
    finally:
        nested.rollback()
    return AggregateIndex(wanted.name, definition=found.partition(" USING ")[2])


FEATURE: Final = Feature(
    AggregateIndex, compare_indexes, read_indexes, of_tables=False, of_aggregates=True
)
