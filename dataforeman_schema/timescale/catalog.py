"""What the database has, read once a comparison in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .aggregate_index_state import AGGREGATE_INDEXES
from .aggregate_sql import FILL_MARK
from .catalog_queries import (
    AGGREGATES,
    COLUMNSTORES,
    DIMENSIONS,
    ENABLED,
    EXTENSION,
    INDEXES,
    JOBS,
)
from .dependencies import READS
from .extension_schema import append_to_search_path
from .job_catalog import read_user_jobs
from .storage import STORAGE, Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from .job_state import JobState

IndexKeys: TypeAlias = tuple[tuple[str, int], ...]
"""The columns of an index, each with its order as ``pg_index.indoption`` has it."""


class ColumnstoreRow(NamedTuple):
    """What the catalog holds of a columnstore.

    Attributes:
        segment_by: Its segment columns between commas; None where the server chooses.
        order_by: Its order, likewise.
        tells_defaults: Whether the release tells none from the server's choice.
    """

    segment_by: str | None
    order_by: str | None
    tells_defaults: bool


class Relation(NamedTuple):
    """A table or view by the schema it is really in.

    Attributes:
        schema: The schema's name, never None.
        name: The relation's name.
    """

    schema: str
    name: str


@dataclass
class Dimension:
    """A dimension of a hypertable.

    Attributes:
        column: The partitioning column.
        span: The chunk interval as the catalog holds it, None for a hash dimension.
        partitions: The number of partitions, None for a range dimension.
        now_function: The function that gives the present of an integer column.
        now_schema: The schema of that function.
    """

    column: str
    span: Any
    partitions: int | None
    now_function: str | None
    now_schema: str | None = None


@dataclass
class Job:
    """A background job.

    Attributes:
        procedure: The name of the procedure that it runs.
        procedure_schema: The schema of the procedure.
        scheduled: False while it is paused.
        schedule: How often it runs, as the catalog holds it.
        config: Its configuration.
        spans: The configured spans, as the catalog holds them.
    """

    procedure: str
    procedure_schema: str
    scheduled: bool
    schedule: Any
    config: dict[str, Any]
    spans: dict[str, Any]

    @property
    def is_policy(self) -> bool:
        """Whether TimescaleDB's own procedures do the work."""
        return self.procedure_schema.startswith("_timescaledb_")


class UserJob(NamedTuple):
    """A job that runs somebody's own procedure.

    Attributes:
        runs: The procedure.
        state: What is set of it.
    """

    runs: Relation
    state: JobState


@dataclass
class Aggregate:
    """A continuous aggregate.

    Attributes:
        base: The hypertable or aggregate that it reads.
        materialized_only: Whether queries see only what is materialized.
        definition: Its query, as the server prints it.
        columns: Its columns, in order.
        is_to_be_filled: Whether a revision made it anew, and could not fill it yet.
        reads: The columns that it reads, by table or aggregate.
    """

    base: Relation
    materialized_only: bool
    definition: str
    columns: list[str]
    is_to_be_filled: bool = False
    reads: dict[Relation, set[str]] = field(default_factory=dict)


@dataclass
class Catalog:
    """The state of a database; empty where the extension is missing.

    Attributes:
        default_schema: The schema that None stands for.
        translation: The schemas that stand for others in this session.
        dimensions: The dimensions of each hypertable and aggregate.
        columnstores: Segment-by and order-by of each that has a columnstore.
        indexes: The keys of the B-tree indexes of each hypertable, by their names; none
            of an index that is unique, partial or of another kind of order.
        jobs: The policies of each.
        other_jobs: The jobs that run somebody's own procedure.
        storage: What else is set of each.
        aggregates: The continuous aggregates.
        aggregate_indexes: What SQL says after ``USING`` of the indexes that aggregates
            have beside the server's own, by their names.
    """

    default_schema: str
    translation: Mapping[str | None, str | None] = field(default_factory=dict)
    dimensions: dict[Relation, list[Dimension]] = field(
        default_factory=lambda: defaultdict(list)
    )
    columnstores: dict[Relation, ColumnstoreRow] = field(default_factory=dict)
    indexes: dict[Relation, dict[str, IndexKeys]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    jobs: dict[Relation, list[Job]] = field(default_factory=lambda: defaultdict(list))
    other_jobs: list[UserJob] = field(default_factory=list)
    storage: dict[Relation, Storage] = field(default_factory=dict)
    aggregates: dict[Relation, Aggregate] = field(default_factory=dict)
    aggregate_indexes: dict[Relation, dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def relation(self, schema: str | None, name: str) -> Relation:
        """Find the schema of a declared relation.

        Args:
            schema: The declared schema, or None for the default one.
            name: The relation's name.

        Returns:
            The relation.
        """
        there = self.translation.get(schema, schema)
        return Relation(there or self.default_schema, name)

    def declared_schema(self, relation: Relation) -> str | None:
        """Say how a migration writes the schema of a relation.

        Args:
            relation: The relation.

        Returns:
            None for the default schema, otherwise its name.
        """
        for declared, there in self.translation.items():
            if (there or self.default_schema) == relation.schema:
                return declared
        return None if relation.schema == self.default_schema else relation.schema


def read(connection: Connection) -> Catalog:
    """Read the state of a database.

    Where the extension is missing, no TimescaleDB view is touched.

    Args:
        connection: A connection that may read the catalog; nothing is written.

    Returns:
        The state.
    """
    append_to_search_path(connection)
    extension = connection.execute(EXTENSION).one()
    translation = connection.get_execution_options().get("schema_translate_map")
    catalog = Catalog(extension.default_schema, dict(translation or {}))
    if extension.installed:
        alias = _read_aggregates(connection, catalog)
        _read_dimensions(connection, catalog, alias)
        _read_columnstores(connection, catalog, alias)
        _read_jobs(connection, catalog, alias)
        _read_other_jobs(connection, catalog)
        for row in connection.execute(STORAGE):
            storage = Storage.from_row(row)
            catalog.storage[alias(row.schema_name, row.table_name)] = storage
        for row in connection.execute(INDEXES):
            table = Relation(row.hypertable_schema, row.hypertable_name)
            keys = tuple((column, option) for column, option in row.keys or ())
            catalog.indexes[table][row.index_name] = keys
        for row in connection.execute(AGGREGATE_INDEXES):
            view = alias(row.schema_name, row.table_name)
            catalog.aggregate_indexes[view][row.index_name] = row.definition
    return catalog


class _Alias(dict[Relation, Relation]):
    """Aggregates by their materialized hypertables, under which views list them."""

    enabled: set[Relation]

    def __call__(self, schema: str, name: str) -> Relation:
        relation = Relation(schema, name)
        return self.get(relation, relation)


def _read_aggregates(connection: Connection, catalog: Catalog) -> _Alias:
    rows = connection.execute(AGGREGATES, {"mark": FILL_MARK}).all()
    alias = _Alias(
        {
            Relation(
                row.materialization_hypertable_schema,
                row.materialization_hypertable_name,
            ): Relation(row.view_schema, row.view_name)
            for row in rows
        }
    )
    alias.enabled = set()
    for row in rows:
        view = Relation(row.view_schema, row.view_name)
        catalog.aggregates[view] = Aggregate(
            alias(row.hypertable_schema, row.hypertable_name),
            row.materialized_only,
            row.view_definition.strip().removesuffix(";"),
            row.columns,
            row.is_to_be_filled,
        )
        if row.compression_enabled:
            alias.enabled.add(view)
    for row in connection.execute(READS):
        view = Relation(row.user_view_schema, row.user_view_name)
        read = alias(row.schema, row.name)
        catalog.aggregates[view].reads[read] = set(row.columns)
    return alias


def _read_dimensions(connection: Connection, catalog: Catalog, alias: _Alias) -> None:
    for row in connection.execute(DIMENSIONS):
        relation = alias(row.hypertable_schema, row.hypertable_name)
        catalog.dimensions[relation].append(
            Dimension(
                row.column_name,
                row.span,
                row.num_partitions,
                row.integer_now_func,
                row.now_schema,
            )
        )


def _read_columnstores(connection: Connection, catalog: Catalog, alias: _Alias) -> None:
    enabled = {Relation(*row) for row in connection.execute(ENABLED)} | alias.enabled
    for row in connection.execute(COLUMNSTORES):
        relation = alias(row.schema, row.name)
        if relation in enabled:
            catalog.columnstores[relation] = ColumnstoreRow(
                row.segmentby, row.orderby, row.tells_defaults
            )


def _read_jobs(connection: Connection, catalog: Catalog, alias: _Alias) -> None:
    for row in connection.execute(JOBS):
        job = Job(
            row.proc_name,
            row.proc_schema,
            row.scheduled,
            row.schedule,
            row.config or {},
            row.spans or {},
        )
        if job.is_policy and row.hypertable_name is not None:
            relation = alias(row.hypertable_schema, row.hypertable_name)
            catalog.jobs[relation].append(job)


def _read_other_jobs(connection: Connection, catalog: Catalog) -> None:
    def declared_schema(schema: str) -> str | None:
        return catalog.declared_schema(Relation(schema, ""))

    for schema, name, state in read_user_jobs(connection, declared_schema):
        catalog.other_jobs.append(UserJob(Relation(schema, name), state))
