BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> tsdb_001

CREATE EXTENSION IF NOT EXISTS timescaledb;

DO $timescale$
DECLARE
  installed CONSTANT text := (
    SELECT extversion FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
  IF string_to_array(substring(installed FROM '^[0-9.]*[0-9]'), '.')::int[]
     < string_to_array('2.18', '.')::int[] THEN
    RAISE EXCEPTION 'TimescaleDB % or later is needed, this database has %', '2.18',
      installed
      USING HINT = 'Run ALTER EXTENSION timescaledb UPDATE in a new session.';
  END IF;
END
$timescale$;

CREATE TABLE tag_values (
    connection_id UUID NOT NULL, 
    tag_id INTEGER NOT NULL, 
    ts TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    quality SMALLINT, 
    v_num DOUBLE PRECISION, 
    v_text TEXT, 
    v_json JSONB, 
    CONSTRAINT tag_values_pkey PRIMARY KEY (connection_id, tag_id, ts)
);

COMMENT ON TABLE tag_values IS 'Readings of tags over time.';

COMMENT ON COLUMN tag_values.connection_id IS 'Connection that the tag was read through.';

COMMENT ON COLUMN tag_values.tag_id IS 'Tag that was read (tag_metadata.tag_id).';

COMMENT ON COLUMN tag_values.ts IS 'When the value was read (UTC instant).';

COMMENT ON COLUMN tag_values.quality IS 'Quality code that the driver gave; NULL: it gave none.';

COMMENT ON COLUMN tag_values.v_num IS 'Value of a number, in the tag''s unit; of a boolean, 0 or 1.';

COMMENT ON COLUMN tag_values.v_text IS 'Value of a text.';

COMMENT ON COLUMN tag_values.v_json IS 'Value of an array or structure.';

SELECT create_hypertable('tag_values', by_range('ts', INTERVAL '1 day'), create_default_indexes => false);

CREATE INDEX idx_tag_values_tag_ts ON tag_values (tag_id, ts DESC);

CREATE INDEX idx_tag_values_ts ON tag_values (ts DESC);

CREATE TABLE system_metrics (
    ts TIMESTAMP WITH TIME ZONE NOT NULL, 
    metric_name TEXT NOT NULL, 
    value DOUBLE PRECISION NOT NULL, 
    labels JSONB DEFAULT '{}', 
    ingested_at TIMESTAMP WITH TIME ZONE DEFAULT now()
);

COMMENT ON TABLE system_metrics IS 'Measurements of DataForeman itself over time.';

COMMENT ON COLUMN system_metrics.ts IS 'When it was measured (UTC instant).';

COMMENT ON COLUMN system_metrics.metric_name IS 'What was measured, such as cpu_pct; the name tells the unit.';

COMMENT ON COLUMN system_metrics.value IS 'The measurement, in the unit that the name ends in (pct, bytes, ms).';

COMMENT ON COLUMN system_metrics.labels IS 'Where it was measured, such as service and host.';

COMMENT ON COLUMN system_metrics.ingested_at IS 'When the row was written (UTC instant).';

SELECT create_hypertable('system_metrics', by_range('ts', INTERVAL '1 day'), create_default_indexes => false);

CREATE INDEX idx_system_metrics_name_ts ON system_metrics (metric_name, ts DESC);

INSERT INTO alembic_version (version_num) VALUES ('tsdb_001') RETURNING alembic_version.version_num;

CREATE TABLE IF NOT EXISTS schema_history (
    applied_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    revision TEXT NOT NULL, 
    direction TEXT NOT NULL, 
    duration_ms FLOAT NOT NULL, 
    checksum TEXT NOT NULL, 
    package_version TEXT NOT NULL, 
    PRIMARY KEY (applied_at, revision)
);

COMMENT ON TABLE schema_history IS 'What happened to the schema: one row a revision that ran or was stamped.';

COMMENT ON COLUMN schema_history.applied_at IS 'When the revision ran or was stamped (UTC instant).';

COMMENT ON COLUMN schema_history.revision IS 'Which revision, such as meta_001.';

COMMENT ON COLUMN schema_history.direction IS 'upgrade, downgrade, stamp (the database was said to be at this revision) or unstamp (it was said to be at none and was at this one).';

COMMENT ON COLUMN schema_history.duration_ms IS 'Time from the beginning of the revision''s transaction (ms).';

COMMENT ON COLUMN schema_history.checksum IS 'SHA-256 of the revision''s file, in hexadecimal.';

COMMENT ON COLUMN schema_history.package_version IS 'Release of dataforeman-schema that did it.';

INSERT INTO schema_history (applied_at, revision, direction, duration_ms, checksum, package_version) VALUES (greatest((SELECT max(schema_history.applied_at) + INTERVAL '1 microsecond' AS anon_1 
FROM schema_history), clock_timestamp()), 'tsdb_001', 'upgrade', extract(epoch FROM clock_timestamp() - now()) * 1000.0, 'eca35b1653007e05e1aee301f47bcb06993efd225fc1fdf65e6a3925214a012d', '0.3.0');

COMMIT;

BEGIN;

-- Running upgrade tsdb_001 -> tsdb_002

ALTER TABLE tag_values SET (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'connection_id, tag_id', timescaledb.orderby = 'ts DESC');

CALL add_columnstore_policy('tag_values', after => INTERVAL '7 days');

UPDATE alembic_version SET version_num='tsdb_002' WHERE alembic_version.version_num = 'tsdb_001';

CREATE TABLE IF NOT EXISTS schema_history (
    applied_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    revision TEXT NOT NULL, 
    direction TEXT NOT NULL, 
    duration_ms FLOAT NOT NULL, 
    checksum TEXT NOT NULL, 
    package_version TEXT NOT NULL, 
    PRIMARY KEY (applied_at, revision)
);

INSERT INTO schema_history (applied_at, revision, direction, duration_ms, checksum, package_version) VALUES (greatest((SELECT max(schema_history.applied_at) + INTERVAL '1 microsecond' AS anon_1 
FROM schema_history), clock_timestamp()), 'tsdb_002', 'upgrade', extract(epoch FROM clock_timestamp() - now()) * 1000.0, '71aeea75c70258524ef99aa07a1353f93945c5789d05fcecb662d83caa27f227', '0.3.0');

COMMIT;
