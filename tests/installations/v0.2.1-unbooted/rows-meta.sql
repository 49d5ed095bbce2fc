-- Forty users who log in, look and plot.
INSERT INTO users (id, email, display_name, is_active, created_at, updated_at)
SELECT
    md5('u' || i)::uuid, 'user' || i || '@plant.example', 'User ' || i, i % 9 <> 0,
    now() - INTERVAL '90 days' + i * INTERVAL '1 hour', now() - INTERVAL '9 days'
FROM generate_series(1, 40) AS i;

INSERT INTO auth_identities (
    user_id, provider, provider_user_id, secret_hash, last_login_at
)
SELECT
    id, 'local', id::text, '$argon2id$v=19$m=65536,t=3,p=4$' || md5(email),
    now() - INTERVAL '1 day'
FROM users WHERE email LIKE '%@plant.example';

INSERT INTO user_roles (user_id, role_id)
SELECT users.id, roles.id
FROM users JOIN roles ON roles.name = 'viewer'
WHERE users.email LIKE '%@plant.example';

INSERT INTO user_permissions (user_id, feature, can_read, can_create)
SELECT id, feature, true, false
FROM users CROSS JOIN unnest(
    ARRAY['dashboards', 'connectivity.tags', 'chart_composer', 'jobs']
) AS feature
WHERE email LIKE '%@plant.example';

INSERT INTO sessions (user_id, jti, refresh_hash, user_agent, ip, expires_at)
SELECT
    id, gen_random_uuid(), md5(email || day), 'Mozilla/5.0', '10.0.0.7',
    now() + day * INTERVAL '1 day'
FROM users CROSS JOIN generate_series(1, 5) AS day
WHERE email LIKE '%@plant.example';

INSERT INTO audit_events (
    ts, action, outcome, actor_user_id, ip, target_type, target_id, metadata
)
SELECT
    now() - i * INTERVAL '1 minute', 'login', 'success',
    md5('u' || (i % 40 + 1))::uuid, '10.0.0.7', 'user', i::text,
    jsonb_build_object('n', i)
FROM generate_series(1, 1500) AS i;

INSERT INTO system_settings (key, value) VALUES
    ('site.name', '"Plant ä"'),
    ('ui.theme', '{"dark": true}');

-- Twelve controllers, of which one was deleted softly.
INSERT INTO connections (id, name, type, enabled, config_data)
SELECT
    md5('c' || i)::uuid, 'PLC ' || i,
    (ARRAY['eip', 's7', 'opcua-client', 'opcua-server'])[i % 4 + 1], i % 5 <> 0,
    jsonb_build_object('host', '10.1.0.' || i, 'port', 44818)
FROM generate_series(1, 12) AS i;

UPDATE connections
SET deleted_at = now() - INTERVAL '3 days', enabled = false
WHERE name = 'PLC 12';

-- Their tags.
INSERT INTO tag_metadata (
    connection_id, driver_type, tag_path, tag_name, data_type, is_subscribed, status,
    poll_group_id, unit_id, description, on_change_enabled
)
SELECT
    md5('c' || (i % 11 + 1))::uuid,
    (ARRAY['EIP', 'S7', 'OPCUA', 'OPCUA'])[(i % 11 + 1) % 4 + 1],
    'DB1.tag' || i, 'Tag ' || i, 'REAL', i % 3 <> 0,
    CASE WHEN i % 97 = 0 THEN 'deleted' ELSE 'active' END,
    i % 8 + 1, (SELECT min(id) FROM units_of_measure) + i % 40,
    'tag no ' || i, i % 4 = 0
FROM generate_series(1, 2500) AS i
ORDER BY i;

INSERT INTO eip_device_cache (host, vendor, product_name, serial)
SELECT '10.1.0.' || i, 'Rockwell', '1756-L85E', md5(i::text)
FROM generate_series(1, 12) AS i;

INSERT INTO eip_tag_cache (
    connection_id, tag_path, tag_name, data_type, tag_type, dimensions
)
SELECT
    md5('c4')::uuid, 'Program:Main.T' || i, 'T' || i, 'DINT', 'atomic', ARRAY[i, 2]
FROM generate_series(1, 800) AS i;

-- Charts and dashboards, some of them in folders.
INSERT INTO chart_folders (id, user_id, name)
SELECT md5('cf' || i)::uuid, md5('u' || (i % 40 + 1))::uuid, 'Folder ' || i
FROM generate_series(1, 20) AS i;

INSERT INTO chart_folders (id, user_id, name, parent_folder_id)
SELECT
    md5('cfs' || i)::uuid, md5('u' || (i % 40 + 1))::uuid, 'Sub ' || i,
    md5('cf' || i)::uuid
FROM generate_series(1, 10) AS i;

INSERT INTO chart_configs (
    id, user_id, folder_id, name, time_mode, time_duration, options
)
SELECT
    md5('ch' || i)::uuid, md5('u' || (i % 40 + 1))::uuid,
    CASE WHEN i % 3 = 0 THEN md5('cf' || (i % 20 + 1))::uuid END, 'Chart ' || i,
    (ARRAY['fixed', 'rolling', 'shifted'])[i % 3 + 1], i * 60000,
    jsonb_build_object('version', 1, 'tags', jsonb_build_array(i, i + 1))
FROM generate_series(1, 300) AS i;

INSERT INTO dashboard_folders (id, user_id, name)
SELECT md5('df' || i)::uuid, md5('u' || (i % 40 + 1))::uuid, 'Folder ' || i
FROM generate_series(1, 20) AS i;

INSERT INTO dashboard_configs (id, user_id, folder_id, name, layout)
SELECT
    md5('da' || i)::uuid, md5('u' || (i % 40 + 1))::uuid,
    CASE WHEN i % 3 = 0 THEN md5('df' || (i % 20 + 1))::uuid END, 'Dash ' || i,
    jsonb_build_object('items', i)
FROM generate_series(1, 80) AS i;

-- Work that is done.
INSERT INTO jobs (type, status, params, result, completed_at)
SELECT
    'delete_tags', 'completed', jsonb_build_object('tags', i), '{"ok": true}',
    now() - i * INTERVAL '1 hour'
FROM generate_series(1, 200) AS i;
