-- Flows in folders, every other one deployed.
INSERT INTO flow_folders (id, user_id, name)
SELECT md5('ff' || i)::uuid, md5('u' || i)::uuid, 'Flows ' || i
FROM generate_series(1, 5) AS i;

INSERT INTO flows (
    id, name, owner_user_id, folder_id, deployed, definition, static_data
)
SELECT
    md5('f' || i)::uuid, 'Flow ' || i, md5('u' || i)::uuid,
    md5('ff' || (i % 5 + 1))::uuid, i % 2 = 0,
    jsonb_build_object('nodes', jsonb_build_array(i)), '{"x": 1}'
FROM generate_series(1, 25) AS i;

-- What they did.
INSERT INTO flow_executions (
    flow_id, status, started_at, completed_at, execution_time_ms
)
SELECT
    md5('f' || (i % 25 + 1))::uuid, 'completed', now() - i * INTERVAL '1 minute',
    now() - i * INTERVAL '1 minute', i % 90
FROM generate_series(1, 1000) AS i;

INSERT INTO flow_execution_logs (flow_id, log_level, message)
SELECT md5('f' || (i % 25 + 1))::uuid, 'info', 'log ' || i
FROM generate_series(1, 1500) AS i;

INSERT INTO flow_sessions (flow_id, status)
SELECT md5('f' || i)::uuid, 'active'
FROM generate_series(1, 25) AS i;

-- Tags that flows write, and which do.
INSERT INTO tag_metadata (
    connection_id, driver_type, tag_path, tag_name, data_type, is_subscribed, status
)
SELECT
    md5('c1')::uuid, 'INTERNAL', 'internal.' || i, 'Internal ' || i, 'REAL', true,
    'active'
FROM generate_series(1, 60) AS i
ORDER BY i;

INSERT INTO flow_tag_dependencies (flow_id, tag_id, node_id, dependency_type)
SELECT md5('f' || (i % 25 + 1))::uuid, tag_id, 'n' || i, 'input'
FROM (
    SELECT tag_id, row_number() OVER (ORDER BY tag_id) AS i
    FROM tag_metadata WHERE driver_type = 'INTERNAL'
) AS tag;

-- A library of nodes, and a category and a section of the palette.
INSERT INTO node_libraries (library_id, name, version, manifest) VALUES
    ('plc-nodes', 'PLC', '1.2.3', '{"nodeTypes": []}');

INSERT INTO flow_library_dependencies (flow_id, library_id, node_id, node_type)
SELECT md5('f' || i)::uuid, 'plc-nodes', 'n' || i, 'plc-nodes:x'
FROM generate_series(1, 10) AS i;

INSERT INTO node_categories (category_key, display_name) VALUES ('custom', 'Custom');

INSERT INTO node_sections (category_key, section_key, display_name) VALUES
    ('custom', 'basic', 'Basic');
