-- The start script ran the migrations of the telemetry database against this one too:
-- its tables are here, without TimescaleDB, and always empty.
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

-- Another shape than that of the table that the application makes.
CREATE TABLE system_metrics (
    ts timestamptz NOT NULL,
    metric_name text NOT NULL,
    value double precision NOT NULL,
    labels jsonb DEFAULT '{}',
    ingested_at timestamptz DEFAULT now()
);
CREATE INDEX idx_system_metrics_name_ts ON system_metrics (metric_name, ts DESC);

-- Recorded here, and therefore nowhere else.
INSERT INTO pgmigrations (name, run_on) VALUES
    ('001_timescale_schema', '2025-10-20 08:00:03');
