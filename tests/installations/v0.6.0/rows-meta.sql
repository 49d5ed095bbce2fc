-- Three brokers, the last of them for Sparkplug.
INSERT INTO connections (id, name, type)
SELECT md5('m' || i)::uuid, 'MQTT ' || i, 'mqtt'
FROM generate_series(1, 3) AS i;

INSERT INTO mqtt_connections (
    connection_id, broker_host, broker_port, protocol, username, password
)
SELECT
    md5('m' || i)::uuid, 'broker', 1883,
    CASE WHEN i = 3 THEN 'sparkplug' ELSE 'mqtt' END, 'u', 'enc:' || i
FROM generate_series(1, 3) AS i;

-- The name of a connection that was deleted softly, used again.
INSERT INTO connections (id, name, type) VALUES (md5('c12b')::uuid, 'PLC 12', 'eip');

-- What comes from the brokers.
INSERT INTO mqtt_subscriptions (id, connection_id, topic)
SELECT md5('ms' || i)::uuid, md5('m' || (i % 3 + 1))::uuid, 'plant/' || i || '/#'
FROM generate_series(1, 30) AS i;

INSERT INTO tag_metadata (
    connection_id, driver_type, tag_path, tag_name, data_type, is_subscribed, status
)
SELECT
    md5('m' || (i % 3 + 1))::uuid, 'MQTT', 'plant/' || i, 'mqtt ' || i, 'REAL', true,
    'active'
FROM generate_series(1, 90) AS i
ORDER BY i;

INSERT INTO mqtt_field_mappings (
    subscription_id, topic, field_path, tag_name, data_type, tag_id
)
SELECT
    md5('ms' || (i % 30 + 1))::uuid, 'plant/' || i, '$.v', 'mqtt ' || i, 'real', tag_id
FROM (
    SELECT tag_id, row_number() OVER (ORDER BY tag_id) AS i
    FROM tag_metadata WHERE driver_type = 'MQTT'
) AS tag;

INSERT INTO mqtt_message_buffer (subscription_id, topic, payload)
SELECT
    md5('ms' || (i % 30 + 1))::uuid, 'plant/' || i, jsonb_build_object('v', i)
FROM generate_series(1, 900) AS i;

-- What goes to the brokers: forty tags, mapped, named in templates and as metrics.
INSERT INTO mqtt_publishers (id, connection_id, name, publish_mode, interval_ms)
SELECT
    md5('mp' || i)::uuid, md5('m' || (i % 3 + 1))::uuid, 'pub ' || i, 'interval', 1000
FROM generate_series(1, 6) AS i;

INSERT INTO mqtt_publisher_mappings (publisher_id, tag_id, mqtt_topic)
SELECT md5('mp' || (tag_id % 6 + 1))::uuid, tag_id, 'out/' || tag_id
FROM tag_metadata ORDER BY tag_id LIMIT 40;

INSERT INTO mqtt_publisher_tag_refs (publisher_id, token_key, tag_id)
SELECT md5('mp' || (tag_id % 6 + 1))::uuid, 'tag_id:' || tag_id, tag_id
FROM tag_metadata ORDER BY tag_id LIMIT 40;

INSERT INTO sparkplug_configs (id, publisher_id, group_id, edge_node_id)
SELECT md5('sc' || i)::uuid, md5('mp' || i)::uuid, 'g', 'edge' || i
FROM generate_series(1, 6) AS i;

INSERT INTO sparkplug_metric_mappings (sparkplug_config_id, tag_id, metric_name)
SELECT md5('sc' || (tag_id % 6 + 1))::uuid, tag_id, 'm' || tag_id
FROM tag_metadata ORDER BY tag_id LIMIT 40;

-- Who was heard of.
INSERT INTO sparkplug_discovery (
    connection_id, group_id, edge_node_id, device_id, birth_payload, metrics
)
SELECT md5('m3')::uuid, 'g', 'e' || i, 'd', '{}', '[]'
FROM generate_series(1, 8) AS i;

-- Who logs in to the internal broker.
INSERT INTO mqtt_credential_groups (id, name, username, credential_hash)
SELECT md5('cg' || i)::uuid, 'grp' || i, 'dev' || i, 'h'
FROM generate_series(1, 4) AS i;

INSERT INTO mqtt_devices (id, client_id, credential_group_id)
SELECT md5('dv' || i)::uuid, 'client' || i, md5('cg' || (i % 4 + 1))::uuid
FROM generate_series(1, 20) AS i;

INSERT INTO mqtt_device_topics (device_id, topic)
SELECT md5('dv' || (i % 20 + 1))::uuid, 't/' || i
FROM generate_series(1, 60) AS i;
