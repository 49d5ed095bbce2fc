-- What v0.4.4 makes beside the tables of v0.2.1.
CREATE INDEX idx_tag_values_tag_id_ts ON tag_values (tag_id, ts DESC);
SELECT add_retention_policy('system_metrics', INTERVAL '30 days');

-- The record of node-pg-migrate, by a name of its own.
CREATE TABLE pgmigrations_tsdb (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    run_on timestamp NOT NULL
);
INSERT INTO pgmigrations_tsdb (name, run_on) VALUES
    ('001_timescale_schema', '2025-12-01 08:00:03');
