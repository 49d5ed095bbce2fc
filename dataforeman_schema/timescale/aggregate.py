"""Continuous aggregates, as models declare them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import (
    MetaData,
    Select,
    Table,
    TableClause,
    TextClause,
    TextualSelect,
    column,
    event,
    table,
)
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql import visitors

from .aggregate_chunk_interval import chunk_interval_addition
from .aggregate_index import AggregateIndex, Indexes, listed
from .aggregate_view import AggregateView
from .chunk_interval import ChunkInterval
from .columnstore import Columnstore
from .ddl import translated
from .declaration import UNMANAGED, Absent, Unmanaged, registry
from .errors import DeclarationError
from .extension_schema import append_to_search_path, run
from .refresh_policy import RefreshPolicy
from .releases import refuse_where_missing
from .retention import RetentionPolicy
from .validate_aggregate import check_aggregate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ClauseElement, Connection

    from .ddl import Statement
    from .interval import Span

Key = tuple[str | None, str]
T = TypeVar("T")

_ATTRIBUTES: Final[dict[type, str]] = {
    RefreshPolicy: "refresh",
    Columnstore: "columnstore",
    RetentionPolicy: "retention",
    ChunkInterval: "chunk_interval",
    AggregateIndex: "indexes",
}


def attribute_of(kind: type[Any]) -> str:
    """Say which argument of an aggregate declares a feature."""
    return _ATTRIBUTES[kind]


@dataclass(frozen=True, eq=False)
class ContinuousAggregate:
    """Declares a continuous aggregate: a view whose rows are kept up to date.

    It is created without data; what it reads of older rows comes with a refresh. A
    changed query cannot be altered: the aggregate is dropped and made again, and what
    it had materialized must be refreshed.

    Attributes:
        name: The aggregate's name.
        select: Its query, over a hypertable or over the `table` of another aggregate,
            grouped by a ``time_bucket`` of the time column. It may be a ``text()``,
            with ``.columns(…)`` if something selects from its `table`.
        metadata: Where it is declared.
        schema: Its schema, or None for the first of the search path.
        reads: The tables and aggregates that a ``text()`` reads, such as
            ``[table("readings")]``; a ``select()`` says it itself.
        materialized_only: Whether queries see only what is materialized. None leaves
            it to the server and is never compared.
        refresh: The refresh policy, beside which others are not managed; or a sequence
            of them, with windows of their own, which are all that there may be. Left
            out, none is managed; ``Absent(RefreshPolicy)`` says that there must be
            none.
        columnstore: The columnstore, likewise.
        retention: The retention policy, likewise.
        chunk_interval: The span of the chunks that keep what is materialized, in the
            time column's unit where that is an integer. None leaves it to the server,
            which makes them ten times as long as those of the hypertable, and is never
            compared.
        indexes: The index, beside which others are not managed; or a sequence of them,
            which are all that there may be beside those that the server makes of
            itself. Left out, none is managed; ``Absent(AggregateIndex)`` says that
            there must be none.

    Raises:
        DeclarationError: The query has no ``time_bucket`` or reads no table, the name
            is taken, or a policy's span is not positive. Where it is made or compared
            under a ``schema_translate_map``: its query is a ``text()``.
    """

    name: str
    select: Select[Any] | TextClause | TextualSelect
    metadata: MetaData = field(kw_only=True, repr=False)
    schema: str | None = field(default=None, kw_only=True)
    reads: Sequence[TableClause] = field(default=(), kw_only=True)
    materialized_only: bool | None = field(default=None, kw_only=True)
    refresh: RefreshPolicy | Sequence[RefreshPolicy] | Absent | Unmanaged = field(
        default=UNMANAGED, kw_only=True
    )
    columnstore: Columnstore | Absent | Unmanaged = field(
        default=UNMANAGED, kw_only=True
    )
    retention: RetentionPolicy | Absent | Unmanaged = field(
        default=UNMANAGED, kw_only=True
    )
    chunk_interval: Span | None = field(default=None, kw_only=True)
    indexes: Indexes = field(default=UNMANAGED, kw_only=True)

    def __post_init__(self) -> None:
        check_aggregate(self)
        registry(self.metadata).add_aggregate(self.key, self)
        event.listen(self.metadata, "after_create", self._create)
        event.listen(self.metadata, "before_drop", self._drop, insert=True)

    @property
    def key(self) -> Key:
        """The aggregate's schema and name."""
        return (self.schema, self.name)

    @property
    def refresh_policies(self) -> Sequence[RefreshPolicy]:
        """The refresh policies that it declares to have."""
        if isinstance(self.refresh, RefreshPolicy):
            return [self.refresh]
        if isinstance(self.refresh, (Absent, Unmanaged)):
            return []
        return self.refresh

    def get(self, kind: type[T]) -> T | Absent | None:
        """Look up what it declares of a feature; None is nothing."""
        attribute = _ATTRIBUTES.get(kind)
        declared = UNMANAGED if attribute is None else getattr(self, attribute)
        unmanaged = isinstance(declared, Unmanaged)
        return None if unmanaged else cast("T | Absent", declared)

    @cached_property
    def definition(self) -> str:
        """The query as SQL."""
        return self.definition_in({})

    def definition_in(self, schemas: Mapping[str | None, str | None]) -> str:
        """Write the query as SQL.

        Args:
            schemas: The schemas that stand for others, as a ``schema_translate_map``.

        Raises:
            DeclarationError: There are such schemas, and the query is a text.
        """
        if schemas and not isinstance(self.select, Select):
            raise DeclarationError(
                f"the query of {self.name} is a text and names its tables itself, so "
                "schema_translate_map cannot move it: write it as a select()"
            )
        return self.written(self.select, schemas)

    def written(
        self,
        part: ClauseElement,
        schemas: Mapping[str | None, str | None] | None = None,
    ) -> str:
        """Write the query, or a part of it, as SQL."""
        # Without a driver's parameter style, percent signs stay single.
        dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
        compiled = part.compile(
            dialect=dialect,
            compile_kwargs={"literal_binds": True},
            schema_translate_map=dict(schemas or {}) or None,
            render_schema_translate=bool(schemas),
        )
        return "\n".join(line.rstrip() for line in str(compiled).splitlines())

    @cached_property
    def table(self) -> TableClause:
        """The aggregate as something to select from, its columns typed."""
        selected = getattr(self.select, "selected_columns", ())
        columns = [column(c.name, c.type) for c in selected]
        return table(self.name, *columns, schema=self.schema)

    @property
    def columns(self) -> frozenset[str] | None:
        """The names of its columns; None of a ``text()`` that does not say them."""
        return frozenset(self.table.columns.keys()) or None

    @property
    def view(self) -> AggregateView:
        """The aggregate without its policies."""
        return AggregateView(self.definition, self.materialized_only)

    @cached_property
    def sources(self) -> frozenset[Key]:
        """The tables and aggregates that the query reads."""
        elements = visitors.iterate(self.select)
        read = [item for item in elements if isinstance(item, TableClause)]
        read += self.reads
        return frozenset((getattr(item, "schema", None), item.name) for item in read)

    def roots(self) -> Iterator[Key]:
        """Find the tables that feed it, directly or through other aggregates.

        Yields:
            Their schemas and names.
        """
        declared = registry(self.metadata).aggregates
        for source in self.sources:
            below = declared.get(source)
            if isinstance(below, ContinuousAggregate):
                yield from below.roots()
            else:
                yield source

    def creation(
        self, schemas: Mapping[str | None, str | None] | None = None
    ) -> Iterator[Statement]:
        """Say what makes the aggregate with its policies.

        Args:
            schemas: The schemas that stand for others.

        Yields:
            The statements, in order.
        """
        there = dict(schemas or {})
        where = (self.name, there.get(self.schema, self.schema))
        definition = self.definition_in(there)
        yield from AggregateView(definition, self.materialized_only).addition(*where)
        yield from chunk_interval_addition(self.chunk_interval, *where)
        for index in listed(self.indexes):
            yield from index.addition(*where)
        for policy in self.refresh_policies:
            yield from policy.addition(*where)
        if isinstance(self.columnstore, Columnstore):
            yield from self.columnstore.made_on(*where, is_aggregate=True)
        if isinstance(self.retention, RetentionPolicy):
            yield from self.retention.addition(*where)

    def _create(
        self,
        _metadata: MetaData,
        connection: Connection,
        **kw: Any,  # noqa: ANN401
    ) -> None:
        if self._is_fed_by(kw["tables"], connection):
            append_to_search_path(connection)
            for policy in self.refresh_policies:
                for feature in policy.needs:
                    refuse_where_missing(connection, feature)
            run(connection, self.creation(_schemas(connection)))

    def _drop(
        self,
        _metadata: MetaData,
        connection: Connection,
        **kw: Any,  # noqa: ANN401
    ) -> None:
        if self._is_fed_by(kw["tables"], connection):
            schema = translated(connection, self.schema)
            run(connection, self.view.removal(self.name, schema, if_exists=True))

    def _is_fed_by(self, tables: Iterable[Table], connection: Connection) -> bool:
        keys = {(item.schema, item.name) for item in tables}
        is_postgresql = connection.dialect.name == "postgresql"
        return is_postgresql and not keys.isdisjoint(self.roots())


def _schemas(connection: Connection) -> Mapping[str | None, str | None]:
    return connection.get_execution_options().get("schema_translate_map") or {}


@dataclass(frozen=True, eq=False)
class NoContinuousAggregate:
    """Declares that there must be no continuous aggregate of a name.

    An aggregate that is merely left out of the models is not managed at all.

    Attributes:
        name: The name.
        metadata: Where it is declared.
        schema: The schema, or None for the first of the search path.

    Raises:
        DeclarationError: An aggregate of that name is declared.
    """

    name: str
    metadata: MetaData = field(kw_only=True, repr=False)
    schema: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        registry(self.metadata).add_aggregate((self.schema, self.name), self)

    def get(self, kind: type[T]) -> T | Absent | None:  # noqa: ARG002 (as above)
        """Say that it declares nothing of any feature."""
        return None
