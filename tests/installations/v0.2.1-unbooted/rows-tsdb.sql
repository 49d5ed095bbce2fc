-- Three days of readings: the tags of rows-meta.sql have tag_id 1 and following.
INSERT INTO tag_values (connection_id, tag_id, ts, quality, v_num, v_text, v_json)
SELECT
    md5('c' || (tag % 11 + 1))::uuid, tag,
    date_trunc('minute', now()) - n * INTERVAL '5 minutes', 192, sin(n * 0.01) * tag,
    CASE WHEN tag % 25 = 0 THEN 'run' END,
    CASE WHEN tag % 40 = 0 THEN '{"a": 1}'::jsonb END
FROM generate_series(1, 80) AS tag, generate_series(1, 864) AS n;

-- The application's own figures in the same time.
INSERT INTO system_metrics (ts, metric_name, value)
SELECT
    date_trunc('minute', now()) - n * INTERVAL '10 minutes', metric, n * 0.5
FROM
    unnest(ARRAY['cpu_pct', 'mem_pct', 'disk_pct', 'net_rx_bps']) AS metric,
    generate_series(1, 432) AS n;
