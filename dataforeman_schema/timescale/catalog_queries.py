"""The queries by which the catalog is read, as every release answers them."""

# ruff: noqa: S608 (what is put into the queries is PARTS)

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, text

from .interval import PARTS

EXTENSION: Final = text("""
    SELECT current_schema() AS default_schema, EXISTS (
        SELECT FROM pg_extension WHERE extname = 'timescaledb') AS installed
""")

# The first releases that partition by UUID show the microseconds of its time.
_TIME_INTERVAL: Final = (
    "coalesce(time_interval, make_interval(secs => integer_interval / 1000000.0))"
)

DIMENSIONS: Final = text(f"""
    SELECT hypertable_schema, hypertable_name, column_name,
           CASE WHEN time_interval IS NULL AND column_type <> 'uuid'::regtype
                THEN to_jsonb(integer_interval)
                ELSE {PARTS.format(_TIME_INTERVAL)} END AS span,
           integer_now_func, num_partitions, (
             SELECT d.integer_now_func_schema
               FROM _timescaledb_catalog.dimension d
               JOIN _timescaledb_catalog.hypertable h ON h.id = hypertable_id
              WHERE (schema_name, table_name) = (hypertable_schema, hypertable_name)
                AND d.column_name = shown.column_name) AS now_schema
      FROM timescaledb_information.dimensions shown
     ORDER BY hypertable_schema, hypertable_name, dimension_number
""").columns(span=JSON)

# Releases before 2.22, whose view has no index yet, keep no difference between "none"
# and "the server's choice"; they never choose per chunk.
COLUMNSTORES: Final = text("""
    SELECT n.nspname AS schema, c.relname AS name, s.orderby,
           to_jsonb(s) ? 'index' AS tells_defaults,
           CASE WHEN to_jsonb(s) ? 'index' THEN s.segmentby
                ELSE coalesce(s.segmentby, '') END AS segmentby
      FROM timescaledb_information.hypertable_columnstore_settings s
      JOIN pg_class c ON c.oid = s.hypertable
      JOIN pg_namespace n ON n.oid = c.relnamespace
""")

# The columnstore's switch has kept its old name in the views of every release so far.
ENABLED: Final = text("""
    SELECT hypertable_schema, hypertable_name
      FROM timescaledb_information.hypertables
     WHERE compression_enabled
""")

INDEXES: Final = text("""
    SELECT hypertable_schema, hypertable_name, i.relname AS index_name, (
             SELECT jsonb_agg(jsonb_build_array(attname, option) ORDER BY position)
               FROM unnest(x.indkey::int2[], x.indoption::int2[], x.indclass::oid[])
                    WITH ORDINALITY AS key (number, option, class, position)
               JOIN pg_attribute ON attrelid = x.indrelid AND attnum = number
               JOIN pg_opclass o ON o.oid = class AND opcdefault
             HAVING count(*) = x.indnatts) AS keys
      FROM timescaledb_information.hypertables
      JOIN pg_namespace n ON n.nspname = hypertable_schema
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = hypertable_name
      JOIN pg_index x ON x.indrelid = c.oid
           AND NOT x.indisunique AND x.indpred IS NULL
      JOIN pg_class i ON i.oid = x.indexrelid
      JOIN pg_am a ON a.oid = i.relam AND amname = 'btree'
""").columns(keys=JSON)

JOBS: Final = text(rf"""
    SELECT coalesce(hypertable_schema, h.schema_name) AS hypertable_schema,
           coalesce(hypertable_name, h.table_name) AS hypertable_name,
           proc_schema, proc_name, scheduled, config,
           {PARTS.format("schedule_interval")} AS schedule, (
             SELECT jsonb_object_agg(key, CASE
                      WHEN value IS NULL THEN NULL
                      WHEN value ~ '^-?\d+$' THEN to_jsonb(value::bigint)
                      ELSE {PARTS.format("value::interval")} END)
               FROM jsonb_each_text(config)
              WHERE key ~ '_(after|before|offset)$' AND proc_schema ~ '^_timescaledb_'
           ) AS spans
      FROM timescaledb_information.jobs
      LEFT JOIN _timescaledb_catalog.hypertable h ON h.id::text = coalesce(
             config ->> 'hypertable_id', config ->> 'mat_hypertable_id')
     WHERE job_id >= 1000  -- those below are TimescaleDB's own
     ORDER BY job_id
""").columns(config=JSON, schedule=JSON, spans=JSON)

AGGREGATES: Final = text("""
    SELECT view_schema, view_name, hypertable_schema, hypertable_name,
           materialization_hypertable_schema, materialization_hypertable_name,
           materialized_only, compression_enabled, view_definition, (
             SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
              WHERE attrelid = to_regclass(format('%I.%I', view_schema, view_name))
                AND attnum > 0 AND NOT attisdropped) AS columns,
           coalesce(starts_with(obj_description(to_regclass(format('%I.%I',
             materialization_hypertable_schema, materialization_hypertable_name)),
             'pg_class'), :mark), false) AS is_to_be_filled
      FROM timescaledb_information.continuous_aggregates
""")
