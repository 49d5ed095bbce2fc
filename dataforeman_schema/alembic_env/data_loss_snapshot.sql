WITH RECURSIVE part (oid, root) AS (
  SELECT c.oid, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind IN ('r', 'p') AND relpersistence <> 't'
    AND nspname !~ '^(pg_|information_schema$|_timescaledb_)'
    AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
  UNION
  SELECT inhrelid, root FROM pg_inherits JOIN part ON inhparent = part.oid
), field AS (
  SELECT root, jsonb_object_agg(attrelid || '.' || attnum,
                                atttypid || ' ' || atttypmod) AS types
  FROM part JOIN pg_attribute ON attrelid = oid
  WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attinhcount = 0
  GROUP BY root
), facts AS (
  SELECT root AS oid, jsonb_build_object(
    'name', root::regclass, 'columns', coalesce(types, '{}'),
    'parts', jsonb_object_agg(oid, relfilenode), 'split', count(*) > 1,
    'inserted', sum(pg_stat_get_xact_tuples_inserted(oid)),
    'updated', sum(pg_stat_get_xact_tuples_updated(oid)),
    'deleted', sum(pg_stat_get_xact_tuples_deleted(oid))) AS value
  FROM part JOIN pg_class USING (oid) LEFT JOIN field USING (root)
  GROUP BY root, types
  UNION
  SELECT ev_class, jsonb_build_object(
    'name', ev_class::regclass, 'aggregate', true, 'columns', '{}'::jsonb,
    'parts', '{}'::jsonb, 'inserted', 0, 'updated', 0, 'deleted', 0)
  FROM pg_class AS store JOIN pg_depend ON refobjid = store.oid
  JOIN pg_rewrite AS rule ON rule.oid = objid
  JOIN pg_class AS view ON view.oid = ev_class
  WHERE store.relname ~ '^_materialized_hypertable_'
    AND view.relnamespace::regnamespace::text !~ '^_timescaledb_'
)
SELECT coalesce(jsonb_object_agg(oid, value), '{}') FROM facts
