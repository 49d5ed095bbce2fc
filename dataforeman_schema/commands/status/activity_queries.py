"""What is asked about jobs, sizes, readings, aggregates and replicas.

Nothing here counts the rows of a table, and each names what is not the server's own
with its schema. Sizes in the columnstore are those that TimescaleDB wrote down when it
converted a chunk.
"""

from __future__ import annotations

from typing import Final

RECENT_ROWS: Final = 100_000
"""How many of the newest rows the write rate of the last hour is measured by."""

READ_THROUGH: Final = 100 * 1024**2
"""How many bytes a day a hypertable may grow by to be read without a fitting index."""

# A row policy calls what its owner likes, as whoever reads.
READABLE: Final = """
WITH ours AS (
  SELECT format('%%I.%%I', nspname, relname) AS name,
    has_table_privilege(c.oid, 'SELECT') AS granted, row_security_active(c.oid) AS rows
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
  WHERE relkind IN ('r', 'p') AND nspname = current_schema()
  AND (relname = ANY (%(own)s) OR {hypertable}))
SELECT now(), pg_database_size(current_database()), pg_is_in_recovery(),
  current_user::text, ARRAY(SELECT name FROM ours WHERE NOT granted ORDER BY 1),
  ARRAY(SELECT name FROM ours WHERE granted AND rows ORDER BY 1)
"""

IS_HYPERTABLE: Final = """EXISTS (
  SELECT FROM timescaledb_information.hypertables
  WHERE hypertable_schema = nspname AND hypertable_name = relname)"""

JOBS: Final = """
SELECT job_id, proc_name::text, coalesce(a.view_name, j.hypertable_name)::text,
  scheduled, schedule_interval::text,
  CASE WHEN isfinite(last_run_started_at) THEN last_run_started_at END,
  CASE WHEN isfinite(last_run_started_at)
    THEN extract(epoch FROM last_run_duration)::double precision END,
  CASE WHEN job_status = 'Running' THEN job_status
    WHEN isfinite(last_run_started_at) THEN last_run_status END,
  CASE WHEN isfinite(s.next_start) THEN s.next_start END,
  coalesce(total_runs, 0), coalesce(total_failures, 0), (
    SELECT err_message FROM timescaledb_information.job_errors AS e
    WHERE e.job_id = j.job_id ORDER BY start_time DESC LIMIT 1),
  j.owner::text, (SELECT rolsuper FROM pg_roles WHERE oid = j.owner)
FROM timescaledb_information.jobs AS j
LEFT JOIN timescaledb_information.job_stats AS s USING (job_id)
LEFT JOIN timescaledb_information.continuous_aggregates AS a
ON (materialization_hypertable_schema, materialization_hypertable_name)
  = (j.hypertable_schema, j.hypertable_name)
WHERE job_id >= 1000 ORDER BY 1
"""

_EPOCH_US: Final = "timestamptz '1970-01-01 00:00:00+00' + watermark * interval '1 us'"
# An aggregate that was never filled has the smallest of all numbers.
AGGREGATES: Final = f"""
SELECT name, hypertable, materialized_only, until,
  extract(epoch FROM now() - until)::double precision
FROM (
  SELECT view_name::text AS name, a.hypertable_name::text AS hypertable,
    materialized_only, CASE WHEN d.column_type IN
      ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
      AND watermark > -2 * 10 ^ 15 THEN {_EPOCH_US} END AS until
  FROM timescaledb_information.continuous_aggregates AS a
  JOIN _timescaledb_catalog.hypertable AS m ON (m.schema_name, m.table_name)
    = (materialization_hypertable_schema, materialization_hypertable_name)
  JOIN timescaledb_information.dimensions AS d ON dimension_number = 1
  AND (d.hypertable_schema, d.hypertable_name) = (m.schema_name, m.table_name)
  LEFT JOIN _timescaledb_catalog.continuous_aggs_watermark AS w
  ON w.mat_hypertable_id = m.id WHERE view_schema = current_schema()
) AS aggregate ORDER BY 1
"""  # noqa: S608 - ours

STANDBYS: Final = """
SELECT coalesce(nullif(application_name, ''), 'pid ' || pid), state,
  pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint,
  extract(epoch FROM replay_lag)::double precision
FROM pg_stat_replication ORDER BY 1, pid
"""

# Of a hypertable: the newest chunks, and of all of them where the oldest ends and the
# newest begins, between which no reading is looked for. A rowstore chunk is as large as
# its table; what was converted is as large as it was then.
CHUNKS: Final = """
WITH chunk AS MATERIALIZED (
  SELECT hypertable_name::text AS hypertable, chunk_schema, chunk_name, is_compressed,
    coalesce(range_start::text, range_start_integer::text) AS begin,
    coalesce(range_end::text, range_end_integer::text) AS end, range_start, range_end,
    row_number() OVER (PARTITION BY hypertable_name
      ORDER BY range_start DESC, range_start_integer DESC, chunk_name) AS place
  FROM timescaledb_information.chunks WHERE hypertable_schema = current_schema()
), shown AS MATERIALIZED (
  SELECT chunk.*, to_regclass(format('%%I.%%I', chunk_schema, chunk_name)) AS relid
  FROM chunk WHERE place <= %(chunks)s OR range_end > now() - interval '8 days'
), sized AS (
  SELECT shown.*, pg_total_relation_size(relid) AS row_bytes, before, after
  FROM shown LEFT JOIN ({converted}) AS c ON c.chunk = relid
), growth AS (
  SELECT hypertable, sum(row_bytes + coalesce(before, 0)) / greatest(
    extract(epoch FROM now() - min(range_start)) / 86400, 1.0 / 24)
    AS written
  FROM sized WHERE range_end > now() - interval '8 days' AND range_start < now()
  GROUP BY 1
), span AS (
  SELECT hypertable, min(range_end) AS first_end, max(range_start) AS last_begin
  FROM chunk GROUP BY 1
)
SELECT hypertable, first_end, last_begin, written::double precision, (
  SELECT coalesce(json_agg(json_build_array(chunk_name, begin, "end",
    row_bytes + coalesce(after, 0), is_compressed, before) ORDER BY place), '[]')
  FROM sized WHERE sized.hypertable = span.hypertable AND place <= %(chunks)s)
FROM span LEFT JOIN growth USING (hypertable)
"""

# A chunk has a name or, since 2.29, the number of its table.
CONVERTED: Final = """
SELECT to_regclass(coalesce(to_jsonb(c) ->> 'relid',
    quote_ident(to_jsonb(c) ->> 'schema_name') || '.' ||
    quote_ident(to_jsonb(c) ->> 'table_name'))) AS chunk, c.hypertable_id,
  uncompressed_heap_size + uncompressed_toast_size + uncompressed_index_size AS before,
  compressed_heap_size + compressed_toast_size + compressed_index_size AS after
FROM _timescaledb_catalog.chunk AS c
JOIN _timescaledb_catalog.compression_chunk_size AS s ON s.chunk_id = c.id
"""

COLUMNSTORES: Final = f"""
SELECT table_name::text, count(*), sum(before)::bigint, sum(after)::bigint
FROM ({CONVERTED}) AS converted
JOIN _timescaledb_catalog.hypertable AS h ON h.id = hypertable_id
WHERE schema_name = current_schema() GROUP BY 1
"""  # noqa: S608 - ours

# Without an index that begins with the time a chunk is read from end to end.
TIMES: Final = """
SELECT hypertable_name::text, quote_ident(hypertable_schema) || '.' ||
  quote_ident(hypertable_name), quote_ident(column_name),
  EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND indkey[0] = attnum)
FROM timescaledb_information.dimensions
JOIN pg_namespace AS n ON nspname = hypertable_schema
JOIN pg_class AS t ON relnamespace = n.oid AND relname = hypertable_name
JOIN pg_attribute AS a ON attrelid = t.oid AND attname = column_name
WHERE dimension_number = 1 AND hypertable_schema = current_schema()
AND column_type = 'timestamptz'::regtype AND has_table_privilege(t.oid, 'SELECT')
AND NOT row_security_active(t.oid) AND has_schema_privilege(n.oid, 'USAGE')
"""

READINGS: Final = """
SELECT (SELECT {time} FROM {table} WHERE {time} < %(first_end)s
    ORDER BY {time} LIMIT 1),
  (SELECT {time} FROM {table} WHERE {time} >= %(last_begin)s
    ORDER BY {time} DESC LIMIT 1),
  count(*), extract(epoch FROM %(now)s - min(newest.at))::double precision
FROM (SELECT {time} AS at FROM {table} WHERE {time} > %(since)s AND {time} <= %(now)s
  ORDER BY {time} DESC LIMIT %(limit)s) AS newest
"""
