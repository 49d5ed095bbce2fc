"""What no declaration manages: put on by hand, and read again."""

# ruff: noqa: S608 (names are the tests' own)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.timescale import (
    SERVER_DEFAULT,
    UNMANAGED,
    Absent,
    Columnstore,
    Hypertable,
    RefreshPolicy,
)
from dataforeman_schema.timescale.releases import SPARSE_INDEXES
from tests.timescale.declarations import AGGREGATES, TABLES, AggregateSpec, Spec
from tests.timescale.sql import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

KINDS = (
    "aggregate index",
    "comments",
    "direct compress",
    "job settings",
    "rights",
    "second policy",
    "sparse indexes",
)

_JOB_SETTINGS = """
    SELECT alter_job(job_id, max_retries => 3, max_runtime => INTERVAL '7 min',
                     retry_period => INTERVAL '5 min',
                     config => config || '{"mine": 1}')
      FROM timescaledb_information.jobs WHERE job_id >= 1000
"""
_SECOND_POLICY = """
    SELECT add_continuous_aggregate_policy('{name}', INTERVAL '4000 days',
                                           INTERVAL '3000 days', INTERVAL '1 day')
"""

_SPARSE_INDEXES = """
    SELECT i FROM _timescaledb_catalog.compression_settings s,
           jsonb_array_elements(nullif(to_jsonb(s) -> 'index', 'null')) i
     WHERE relid = '{relation}'::regclass AND i ->> 'source' = 'config'
"""
_DIRECT_COMPRESS = """
    SELECT status & 8 FROM _timescaledb_catalog.hypertable
     WHERE to_regclass(format('%I.%I', schema_name, table_name))
           = '{relation}'::regclass
"""
_QUERIES = {
    "rights": ("SELECT relacl::text FROM pg_class WHERE oid = '{relation}'::regclass"),
    "comments": (
        "SELECT objsubid > 0, description FROM pg_description "
        "WHERE objoid = '{relation}'::regclass AND classoid = 'pg_class'::regclass "
        "ORDER BY 1, 2"
    ),
    "second policy": (
        "SELECT count(*) FROM timescaledb_information.jobs "
        "WHERE hypertable_name = '{name}' AND config ->> 'end_offset' = '3000 days'"
    ),
}


def kinds() -> st.SearchStrategy[frozenset[str]]:
    """Any of it."""
    return st.frozensets(st.sampled_from(KINDS))


def put_on(
    connection: Connection, before: Spec, after: Spec, kinds: frozenset[str]
) -> None:
    """Set by hand what neither model manages."""
    statements = [
        *(_on_tables(connection, before, after, kinds)),
        *(_on_aggregates(before, after, kinds)),
        *([_JOB_SETTINGS] if "job settings" in kinds else []),
    ]
    for statement in statements:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(statement.replace("%", "%%"))
        except DBAPIError:
            if "direct_compress" not in statement:  # which few releases have
                raise
    connection.commit()


def staying(before: Spec, after: Spec) -> tuple[list[str], list[str]]:
    """Name the hypertables and the aggregates that both models have."""
    tables = [
        name
        for name in before.tables.keys() & after.tables.keys()
        if isinstance(before.tables[name].hypertable, Hypertable)
        and not isinstance(after.tables[name].hypertable, Absent)
    ]
    aggregates = [
        name
        for name, it in before.aggregates.items()
        if it.width and name in after.aggregates and after.aggregates[name].width
    ]
    is_based = "readings" in tables
    return sorted(tables), sorted(aggregates) if is_based else []


def _on_tables(
    connection: Connection, before: Spec, after: Spec, kinds: frozenset[str]
) -> Iterator[str]:
    has_sparse = SPARSE_INDEXES.is_in(connection)
    for name in staying(before, after)[0]:
        if "rights" in kinds:
            yield f"GRANT SELECT ON {quoted(name)} TO PUBLIC"
        if not _has_columnstore(before, after, name):
            continue
        alter = f"ALTER TABLE {quoted(name)} SET (timescaledb."
        both = (before.tables[name].columnstore, after.tables[name].columnstore)
        if "sparse indexes" in kinds and has_sparse and _leave_indexes(*both):
            yield f"{alter}compress_index = 'minmax(value)')"
        # It adds policies of its own, and alters the one that is there.
        if "direct compress" in kinds and not any(map(_has_policy, both)):
            yield f"{alter}direct_compress = true)"


def _has_columnstore(before: Spec, after: Spec, name: str) -> bool:
    has = before.tables[name].columnstore
    stays = after.tables[name].columnstore
    absent = isinstance(has, Absent) or isinstance(stays, Absent)
    return has is not None and not absent


def _has_policy(declared: Columnstore | Absent | None) -> bool:
    return isinstance(declared, Columnstore) and declared.policy is not None


def _leave_indexes(*declared: Columnstore | Absent | None) -> bool:
    """Whether sparse indexes are set by nobody, and could be: they need an order."""
    first, *others = declared
    has_order = isinstance(first, Columnstore) and isinstance(first.order_by, tuple)
    return has_order and all(
        it is None
        or (
            isinstance(it, Columnstore)
            and it.sparse_indexes is None
            and it.order_by is not SERVER_DEFAULT
        )
        for it in (first, *others)
    )


def _on_aggregates(before: Spec, after: Spec, kinds: frozenset[str]) -> Iterator[str]:
    for name in staying(before, after)[1]:
        view = f'"{name}"'
        if "comments" in kinds:
            yield f"COMMENT ON VIEW {view} IS 'by hand'"
            yield f"COMMENT ON COLUMN {view}.value IS 'by hand, too'"
        if "rights" in kinds:
            yield f"GRANT SELECT ON {view} TO PUBLIC"
        managed = [before.aggregates[name].indexes, after.aggregates[name].indexes]
        if "aggregate index" in kinds and managed == [UNMANAGED, UNMANAGED]:
            yield f'CREATE INDEX "{name} by hand" ON {view} (value DESC)'
        both = (before.aggregates[name].refresh, after.aggregates[name].refresh)
        if "second policy" in kinds and all(
            isinstance(it, RefreshPolicy) for it in both
        ):
            yield _SECOND_POLICY.format(name=view)


def read(connection: Connection, before: Spec, after: Spec) -> dict[str, Any]:
    """Read what may have been set by hand, of what stays, and materialized rows."""
    tables, aggregates = staying(before, after)
    found: dict[str, Any] = {}
    for name in tables:
        found |= {f"{name}: {kind}": it for kind, it in _of(connection, name)}
        if _has_columnstore(before, after, name):
            query = _DIRECT_COMPRESS.format(relation=quoted(name))
            found[f"{name}: direct compress"] = rows(connection, query)
        both = (before.tables[name].columnstore, after.tables[name].columnstore)
        if _leave_indexes(*both):
            query = _SPARSE_INDEXES.format(relation=quoted(name))
            found[f"{name}: sparse indexes"] = rows(connection, query)
    for name in aggregates:
        found |= {f"{name}: {kind}": it for kind, it in _of(connection, name)}
        found[f"{name}: indexes"] = rows(
            connection,
            "SELECT regexp_replace(indexdef, '_hypertable_\\d+', '') FROM pg_indexes "
            f"WHERE indexname = '{name} by hand'",
        )
        if _same_query(before, after, name):
            found[f"{name}: buckets"] = _buckets(connection, name)
    return found


def _of(connection: Connection, name: str) -> Iterator[tuple[str, Any]]:
    for kind, query in _QUERIES.items():
        yield kind, rows(connection, query.format(relation=quoted(name), name=name))


def job_settings(
    connection: Connection, before: Spec, after: Spec
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Read what no declaration says of the policies of what stays, by policy."""
    found = rows(
        connection,
        "SELECT hypertable_name, proc_name, config ->> 'start_offset', max_retries, "
        "max_runtime, retry_period, config ->> 'mine' "
        "FROM timescaledb_information.jobs WHERE job_id >= 1000",
    )
    names = {*staying(before, after)[0], *staying(before, after)[1]}
    return {row[:3]: row[3:] for row in found if row[0] in names}


def _same_query(before: Spec, after: Spec, name: str) -> bool:
    def query(spec: Spec, of: str) -> tuple[Any, ...]:
        aggregate: AggregateSpec = spec.aggregates[of]
        below = AGGREGATES.index(of)
        more = query(spec, AGGREGATES[0]) if below else ()
        return (aggregate.width, aggregate.with_device, *more)

    return query(before, name) == query(after, name)


def _buckets(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    find = text(
        "SELECT format('%I.%I', materialization_hypertable_schema, "
        "materialization_hypertable_name) "
        "FROM timescaledb_information.continuous_aggregates WHERE view_name = :name"
    )
    kept = connection.scalar(find, {"name": name})
    return rows(connection, f"SELECT bucket, value::float FROM {kept} ORDER BY 1, 2")


def quoted(name: str) -> str:
    """A relation's name in SQL."""
    schema, bare = TABLES.get(name), name.replace('"', '""')
    return f'"{schema}"."{bare}"' if schema else f'"{bare}"'
