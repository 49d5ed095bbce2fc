"""The comparison of continuous aggregates, which may build on each other."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from .aggregate import ContinuousAggregate, NoContinuousAggregate
from .aggregate_view import AggregateView, compare_aggregate
from .ddl import Text
from .declaration import registry
from .features import features_of
from .plan import Disposition, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, MetaData

    from .catalog import Aggregate, Relation
    from .plan import Plan

_SCRATCH = "timescale_declared_definition"
_READ_ONLY: Final = "25006"
_NO_PRIVILEGE: Final = "42501"
_FIRST_RANK, _RANKS_EACH = 10, 3

Declared = ContinuousAggregate | NoContinuousAggregate


def compare_aggregates(
    plan: Plan, connection: Connection, metadatas: Iterable[MetaData]
) -> None:
    """Plan what brings the continuous aggregates to what is declared.

    Args:
        plan: The comparison; it knows the dispositions of the tables.
        connection: A connection that may create a temporary view; it is rolled back.
        metadatas: The models.

    Raises:
        CommandError: It may not, so a declared query cannot be compared.
    """
    declared = {
        plan.catalog.relation(*key): aggregate
        for metadata in metadatas
        for key, aggregate in registry(metadata).aggregates.items()
    }
    depths = _Depths(plan, declared)
    relations = {*declared, *plan.catalog.aggregates}
    for relation in sorted(relations, key=lambda it: (depths.depth(it), it)):
        rank = _FIRST_RANK + _RANKS_EACH * depths.depth(relation)
        _compare(plan, connection, relation, rank, declared.get(relation))


def _compare(
    plan: Plan,
    connection: Connection,
    relation: Relation,
    rank: int,
    declared: Declared | None,
) -> None:
    live = plan.catalog.aggregates.get(relation)
    base = _base_disposition(plan, live)
    if declared is None and base is Disposition.KEPT:
        return
    schema = plan.catalog.declared_schema(relation)
    schema = schema if declared is None else declared.schema
    target = Target(relation, schema, base, rank, is_aggregate=True)
    target = compare_aggregate(
        plan,
        target,
        _view(live),
        _wanted(connection, declared, live, base),
    )
    plan.dispositions[relation] = target.disposition
    for feature in features_of(aggregates=True):
        wanted = None if declared is None else declared.get(feature.kind)
        feature.compare(plan, target, wanted)


def _base_disposition(plan: Plan, live: Aggregate | None) -> Disposition:
    if live is None:
        return Disposition.KEPT
    disposition = plan.dispositions.get(live.base, Disposition.KEPT)
    retyped = any(
        plan.columns(relation).retyped & columns
        for relation, columns in live.reads.items()
    )
    stays = disposition in {Disposition.KEPT, Disposition.REPLACED_BACKWARDS}
    return Disposition.REPLACED if stays and retyped else disposition


def _wanted(
    connection: Connection,
    declared: Declared | None,
    live: Aggregate | None,
    base: Disposition,
) -> AggregateView | None:
    if isinstance(declared, NoContinuousAggregate):
        return None
    if declared is None:
        return None if base is Disposition.DROPPED else _view(live)
    translation = connection.get_execution_options().get("schema_translate_map")
    view = declared.view
    if live is None:
        return view
    if view.materialized_only is None:
        view = dataclasses.replace(view, materialized_only=live.materialized_only)
    there = declared.definition_in(translation or {})
    if _normalized(connection, there) == _words(live.definition):
        view = dataclasses.replace(view, definition=live.definition)
    return view


def _view(live: Aggregate | None) -> AggregateView | None:
    if live is None:
        return None
    return AggregateView(live.definition, live.materialized_only)


def _normalized(connection: Connection, definition: str) -> str | None:
    """Have the server print a query as it prints those of aggregates.

    A query that reads what is not there yet cannot be the one that is there.
    """
    scratch = connection.begin_nested()
    try:
        connection.execute(Text(f"CREATE TEMP VIEW {_SCRATCH} AS {definition}"))
        found = connection.scalar(
            text("SELECT pg_get_viewdef(CAST(:view AS regclass))"),
            {"view": f"pg_temp.{_SCRATCH}"},
        )
    except DBAPIError as error:
        _refuse_unless_wrong(error)
        return None
    finally:
        scratch.rollback()
    return _words(found)


def _refuse_unless_wrong(error: DBAPIError) -> None:
    """Raise again what says nothing of the query, in words where they are known."""
    # psycopg 3 calls the code sqlstate, psycopg2 and others pgcode.
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", "")
    if code in {_READ_ONLY, _NO_PRIVILEGE}:
        reason = str(error.orig).partition("\n")[0]
        raise CommandError(
            "the queries of continuous aggregates are compared by way of a temporary "
            f"view, which cannot be made here: {reason}; connect to the primary, in a "
            "session that may write, as a role that has the right TEMPORARY on the "
            "database"
        ) from error
    if not isinstance(error, ProgrammingError):
        raise error


def _words(definition: str) -> str:
    return " ".join(definition.strip().removesuffix(";").split())


@dataclass
class _Depths:
    """How many aggregates an aggregate builds on."""

    plan: Plan
    declared: dict[Relation, Declared]

    def depth(self, relation: Relation) -> int:
        below = [it for it in self._sources(relation) if self._is_aggregate(it)]
        return 1 + max(map(self.depth, below)) if below else 0

    def _sources(self, relation: Relation) -> set[Relation]:
        declared = self.declared.get(relation)
        live = self.plan.catalog.aggregates.get(relation)
        sources = {live.base, *live.reads} if live else set()
        if isinstance(declared, ContinuousAggregate):
            sources |= {self.plan.catalog.relation(*key) for key in declared.sources}
        return sources

    def _is_aggregate(self, relation: Relation) -> bool:
        return relation in self.declared or relation in self.plan.catalog.aggregates
