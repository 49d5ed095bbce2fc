-- Three days of readings: the tags of rows-meta.sql have tag_id 20 and following.
INSERT INTO tag_values (connection_id, tag_id, ts, quality, v_num, v_text, v_json)
SELECT
    md5('c' || (i % 11 + 1))::uuid, 19 + i,
    date_trunc('minute', now()) - n * INTERVAL '5 minutes', 192, sin(n * 0.01) * i,
    CASE WHEN i % 25 = 0 THEN 'run' END,
    CASE WHEN i % 40 = 0 THEN '{"a": 1}'::jsonb END
FROM generate_series(1, 80) AS i, generate_series(1, 864) AS n;

-- The older chunks are in the columnstore.
SELECT compress_chunk(chunk)
FROM show_chunks('tag_values', older_than => now() - INTERVAL '1 day') AS chunk;

-- The application's own figures in the same time, one series per tag of the System
-- connection.
INSERT INTO system_metrics (tag_id, ts, v_num)
SELECT
    tag, date_trunc('minute', now()) - n * INTERVAL '10 minutes', tag * n * 0.5
FROM generate_series(1, 19) AS tag, generate_series(1, 432) AS n;
