"""What is asked of a server: always the same few queries, however much it holds."""

from typing import Final

OVERVIEW: Final = """
SELECT current_setting('server_version'),
  (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
  to_regclass('alembic_version') IS NOT NULL,
  to_regclass('schema_history') IS NOT NULL
"""

CURRENT: Final = "SELECT version_num FROM alembic_version ORDER BY 1"

HISTORY: Final = """
SELECT * FROM (
  SELECT applied_at, revision, direction, duration_ms, package_version
  FROM schema_history ORDER BY applied_at DESC LIMIT %(last)s
) AS last ORDER BY applied_at
"""

# A hypertable's own estimate is of no row: its chunks inherit from it. An estimate is
# -1 as long as the server never looked.
TABLES: Final = """
SELECT relname, CASE WHEN min(part.reltuples) >= 0 THEN sum(part.reltuples)::bigint END
FROM pg_class AS t
JOIN LATERAL (
  SELECT t.reltuples WHERE NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = t.oid)
  UNION ALL
  SELECT chunk.reltuples FROM pg_inherits JOIN pg_class AS chunk ON chunk.oid = inhrelid
  WHERE inhparent = t.oid
) AS part ON true
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
AND relname <> ALL (%(own)s) GROUP BY 1 ORDER BY 1
"""

# The name of the columnstore's switch differs by the extension's version.
HYPERTABLES: Final = """
WITH job AS (
  SELECT hypertable_schema, hypertable_name, array_agg(
    proc_name || ' every ' || schedule_interval ORDER BY proc_name) AS policies
  FROM timescaledb_information.jobs GROUP BY 1, 2
)
SELECT hypertable_name, column_name,
  coalesce(time_interval::text, integer_interval::text), num_chunks,
  coalesce(hypertable_size(format('%%I.%%I', hypertable_schema, hypertable_name)), 0),
  coalesce(to_jsonb(h) ->> 'columnstore_enabled', to_jsonb(h) ->> 'compression_enabled')
    = 'true',
  coalesce(policies, '{}')
FROM timescaledb_information.hypertables AS h
JOIN timescaledb_information.dimensions USING (hypertable_schema, hypertable_name)
LEFT JOIN job USING (hypertable_schema, hypertable_name)
WHERE dimension_number = 1 AND hypertable_schema = current_schema() ORDER BY 1
"""
