CREATE EXTENSION IF NOT EXISTS timescaledb;

-- Readings, with the default index tag_values_ts_idx.
CREATE TABLE tag_values (
    connection_id uuid NOT NULL,
    tag_id integer NOT NULL,
    ts timestamptz NOT NULL DEFAULT now(),
    quality smallint,
    v_num double precision,
    v_text text,
    v_json jsonb,
    PRIMARY KEY (connection_id, tag_id, ts)
);
SELECT create_hypertable('tag_values', 'ts', chunk_time_interval => INTERVAL '1 day');
CREATE INDEX tag_values_ts_desc ON tag_values (connection_id, tag_id, ts DESC);

-- They go to the columnstore after a week and are dropped after a month.
ALTER TABLE tag_values SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'connection_id,tag_id',
    timescaledb.compress_orderby = 'ts DESC'
);
SELECT add_compression_policy('tag_values', INTERVAL '7 days');
SELECT add_retention_policy('tag_values', INTERVAL '30 days');

-- The application's own figures, by the tags of the System connection; with an index
-- on ts of its own, it gets no default one.
CREATE TABLE system_metrics (
    tag_id integer NOT NULL,
    ts timestamptz NOT NULL,
    v_num double precision,
    PRIMARY KEY (tag_id, ts)
);
CREATE INDEX system_metrics_tag_id_ts ON system_metrics (tag_id, ts DESC);
CREATE INDEX system_metrics_ts_desc ON system_metrics (ts DESC);
SELECT create_hypertable(
    'system_metrics', 'ts', chunk_time_interval => INTERVAL '1 day'
);
