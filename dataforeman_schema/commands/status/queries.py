"""What is asked of a server: always the same few queries, however much it holds."""

from typing import Final

from dataforeman_schema.databases import RESTORING_QUERY, TIMESCALEDB_QUERY

# Of rows in the columnstore the extension has an estimate if the function that makes it
# looks there: that of older releases does not, and takes seconds for many chunks.
OVERVIEW: Final = f"""
SELECT current_setting('server_version'),
  (SELECT to_json(timescaledb) FROM ({TIMESCALEDB_QUERY}) AS timescaledb),
  to_regclass('alembic_version') IS NOT NULL,
  to_regclass('schema_history') IS NOT NULL,
  to_regclass('_timescaledb_catalog.chunk') IS NOT NULL
    AND to_regclass('_timescaledb_catalog.compression_chunk_size') IS NOT NULL,
  EXISTS (SELECT FROM pg_proc WHERE prosrc ~ 'compress'
    AND oid = to_regproc('_timescaledb_functions.get_approx_row_count')),
  EXISTS ({RESTORING_QUERY}),
  quote_ident(current_schema()),
  (SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace AS n
   ON n.oid = extnamespace WHERE extname = 'timescaledb')
"""  # noqa: S608 - both are ours

REMOVE_NULL: Final = "DELETE FROM alembic_version WHERE version_num IS NULL"

# The types are cast to what they should be: `verify` finds it if they are not.
HISTORY: Final = """
SELECT * FROM (
  SELECT applied_at::timestamptz, revision::text, direction::text,
    duration_ms::double precision, package_version::text
  FROM {schema}.schema_history ORDER BY applied_at DESC LIMIT %(last)s
) AS last ORDER BY applied_at
"""

# A hypertable's own estimate is of no row: its chunks inherit from it. An estimate is
# -1 as long as the server never looked, as at the newest chunk: the rows written to a
# table are counted meanwhile, and an empty file has none. That of a chunk in the
# columnstore leaves out the rows there; older releases keep the one from before, though
# the chunk is empty.
_ROWS: Final = """coalesce(nullif({0}.reltuples, -1),
    nullif(pg_stat_get_live_tuples({0}.oid), 0),
    CASE WHEN pg_relation_size({0}.oid) = 0 THEN 0 END)"""
_TABLES: Final = f"""
WITH converted (chunk, rows) AS MATERIALIZED ({{converted}})
SELECT relname,
  CASE WHEN bool_and(part.rows IS NOT NULL) THEN sum(part.rows) END::bigint
FROM pg_class AS t
JOIN LATERAL (
  SELECT {_ROWS.format("t")} AS rows
  WHERE NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = t.oid)
  UNION ALL
  SELECT CASE WHEN converted.chunk IS NULL THEN {_ROWS.format("c")}
    WHEN pg_relation_size(c.oid) = 0 THEN converted.rows
    ELSE converted.rows + greatest(c.reltuples, 0) END
  FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid
  LEFT JOIN converted ON converted.chunk = c.oid
  WHERE inhparent = t.oid
) AS part ON true
WHERE relnamespace = quote_ident(current_schema())::regnamespace
AND relkind IN ('r', 'p') AND relname <> ALL (%(own)s) GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - ours

_CONVERTED: Final = """
SELECT chunk.oid, coalesce(counted.rows, {estimate})
FROM timescaledb_information.chunks JOIN pg_class AS chunk
ON chunk.oid = to_regclass(format('%%I.%%I', chunk_schema, chunk_name))
LEFT JOIN ({counted}) AS counted ON counted.chunk = chunk.oid WHERE is_compressed
"""

_NONE_CONVERTED: Final = "SELECT NULL::oid, NULL::bigint WHERE false"

# The extension's own tables differ by its version: a chunk has a name or, since 2.29,
# the number of its table. What it does not count is null.
_COUNTED: Final = """
SELECT to_regclass(coalesce(to_jsonb(c) ->> 'relid',
    quote_ident(to_jsonb(c) ->> 'schema_name') || '.' ||
    quote_ident(to_jsonb(c) ->> 'table_name'))) AS chunk,
  (to_jsonb(s) ->> 'numrows_pre_compression')::bigint AS rows
FROM _timescaledb_catalog.chunk AS c
JOIN _timescaledb_catalog.compression_chunk_size AS s
ON to_jsonb(s) -> 'chunk_id' = to_jsonb(c) -> 'id'
"""

_NONE_COUNTED: Final = "SELECT NULL::oid AS chunk, NULL::bigint AS rows"


# Rows that went straight into the columnstore were never counted. The estimate of them
# comes with that of the chunk itself; 0 stands for none, too.
_ESTIMATE: Final = (
    "nullif({timescaledb}.approximate_row_count(chunk.oid::regclass)"
    " - greatest(chunk.reltuples, 0), 0)"
)

_NO_ESTIMATE: Final = "NULL"


def tables(*, timescaledb: str | None, counted: bool, estimated: bool) -> str:
    """Write the query for all tables with their estimated rows.

    Args:
        timescaledb: The schema of the extension's functions, quoted; None: there is
            no such extension.
        counted: Whether the extension keeps how many rows it converted.
        estimated: Whether it estimates how many rows are in the columnstore.
    """
    converted = _CONVERTED.format(
        counted=_COUNTED if counted else _NONE_COUNTED,
        estimate=_ESTIMATE.format(timescaledb=timescaledb)
        if estimated
        else _NO_ESTIMATE,
    )
    return _TABLES.format(converted=converted if timescaledb else _NONE_CONVERTED)


# Others may have made a function of this name, which fits any other type better.
HYPERTABLES: Final = """
WITH job AS (
  SELECT hypertable_schema, hypertable_name, array_agg(
    proc_name || ' every ' || schedule_interval ORDER BY proc_name) AS policies
  FROM timescaledb_information.jobs GROUP BY 1, 2
)
SELECT hypertable_name, column_name,
  coalesce(time_interval::text, integer_interval::text), num_chunks,
  coalesce({timescaledb}.hypertable_size(
    format('%%I.%%I', hypertable_schema, hypertable_name)::regclass), 0),
  compression_enabled, -- the columnstore's switch
  coalesce(policies, '{{}}')
FROM timescaledb_information.hypertables AS h
JOIN timescaledb_information.dimensions USING (hypertable_schema, hypertable_name)
LEFT JOIN job USING (hypertable_schema, hypertable_name)
WHERE dimension_number = 1 AND hypertable_schema = current_schema() ORDER BY 1
"""
