CREATE EXTENSION IF NOT EXISTS timescaledb;

-- Readings; with an index on ts of its own, it gets no default one.
CREATE TABLE tag_values (
    ts timestamptz NOT NULL DEFAULT now(),
    connection_id uuid NOT NULL,
    tag_id integer NOT NULL,
    quality smallint,
    v_num double precision,
    v_text text,
    v_json jsonb,
    PRIMARY KEY (connection_id, tag_id, ts)
);
CREATE INDEX idx_tag_values_ts ON tag_values (ts DESC);
CREATE INDEX idx_tag_values_ts_desc ON tag_values (connection_id, tag_id, ts DESC);
SELECT create_hypertable('tag_values', 'ts', chunk_time_interval => INTERVAL '1 day');

-- The application's own figures, by name; with the default index system_metrics_ts_idx.
CREATE TABLE system_metrics (
    ts timestamptz NOT NULL,
    metric_name text NOT NULL,
    value double precision NOT NULL,
    labels jsonb DEFAULT '{}',
    ingested_at timestamptz DEFAULT now()
);
CREATE INDEX idx_system_metrics_name_ts ON system_metrics (metric_name, ts DESC);
SELECT create_hypertable(
    'system_metrics', 'ts', chunk_time_interval => INTERVAL '1 day'
);

-- The record of node-pg-migrate.
CREATE TABLE pgmigrations (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    run_on timestamp NOT NULL
);
INSERT INTO pgmigrations (name, run_on) VALUES
    ('001_timescale_schema', '2025-10-20 08:00:03');
