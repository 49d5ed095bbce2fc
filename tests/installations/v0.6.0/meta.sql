-- 003_v0.5_release: names are free again when a connection is deleted …
ALTER TABLE connections
    DROP CONSTRAINT connections_name_key,
    DROP CONSTRAINT connections_type_check,
    ADD CONSTRAINT connections_type_check CHECK (
        type IN ('opcua-client', 'opcua-server', 's7', 'eip', 'system', 'mqtt')
    );
CREATE UNIQUE INDEX uq_connections_name_active ON connections (name)
    WHERE deleted_at IS NULL;

-- … and those of the tags of a connection are different.
ALTER TABLE tag_metadata
    DROP COLUMN is_deleted,
    DROP CONSTRAINT tag_metadata_driver_type_check,
    ADD CONSTRAINT tag_metadata_driver_type_check
        CHECK (driver_type IN ('EIP', 'OPCUA', 'S7', 'SYSTEM', 'INTERNAL', 'MQTT'));
CREATE UNIQUE INDEX uq_tag_name_per_connection ON tag_metadata (connection_id, tag_name)
    WHERE tag_name IS NOT NULL;

-- Brokers: what a connection of type mqtt has beside.
CREATE TABLE mqtt_connections (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    broker_type text CHECK (broker_type IN ('internal', 'external')),
    broker_host text NOT NULL,
    broker_port integer NOT NULL,
    protocol text NOT NULL CHECK (protocol IN ('mqtt', 'sparkplug')),
    use_tls boolean NOT NULL DEFAULT false,
    tls_ca_cert text,
    tls_client_cert text,
    tls_client_key text,
    tls_verify_cert boolean NOT NULL DEFAULT true,
    username text,
    password text,
    client_id_prefix text DEFAULT 'dataforeman',
    keep_alive integer DEFAULT 60,
    clean_session boolean NOT NULL DEFAULT true,
    reconnect_period integer DEFAULT 5000,
    connect_timeout integer DEFAULT 30000,
    is_system boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_mqtt_connection UNIQUE (connection_id)
);
CREATE INDEX idx_mqtt_connections_connection ON mqtt_connections (connection_id);
CREATE INDEX idx_mqtt_connections_protocol ON mqtt_connections (protocol);
CREATE INDEX idx_mqtt_connections_system ON mqtt_connections (is_system)
    WHERE is_system = true;
CREATE TRIGGER trigger_mqtt_connections_updated_at BEFORE UPDATE ON mqtt_connections
    FOR EACH ROW EXECUTE FUNCTION update_mqtt_connections_timestamp();
CREATE TRIGGER mqtt_connections_no_delete_system BEFORE DELETE ON mqtt_connections
    FOR EACH ROW EXECUTE FUNCTION prevent_system_connection_delete();
CREATE TRIGGER mqtt_connections_no_update_system BEFORE UPDATE ON mqtt_connections
    FOR EACH ROW EXECUTE FUNCTION prevent_system_connection_update();

-- Topics that a broker is asked for.
CREATE TABLE mqtt_subscriptions (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    topic text NOT NULL,
    qos integer NOT NULL DEFAULT 0 CHECK (qos IN (0, 1, 2)),
    tag_prefix text,
    payload_format text NOT NULL DEFAULT 'json'
        CHECK (payload_format IN ('json', 'raw', 'sparkplug')),
    value_path text,
    timestamp_path text,
    quality_path text,
    enabled boolean NOT NULL DEFAULT true,
    message_buffer_size integer DEFAULT 100,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_mqtt_sub_topic UNIQUE (connection_id, topic)
);
CREATE INDEX idx_mqtt_subscriptions_connection ON mqtt_subscriptions (connection_id);
CREATE INDEX idx_mqtt_subscriptions_enabled
    ON mqtt_subscriptions (connection_id, enabled)
    WHERE enabled = true;
CREATE INDEX idx_mqtt_subscriptions_topic ON mqtt_subscriptions (topic);
CREATE TRIGGER trigger_mqtt_subscriptions_updated_at BEFORE UPDATE ON mqtt_subscriptions
    FOR EACH ROW EXECUTE FUNCTION update_mqtt_subscriptions_timestamp();

-- Which field of a message becomes which tag.
CREATE TABLE mqtt_field_mappings (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES mqtt_subscriptions (id) ON DELETE CASCADE,
    topic text NOT NULL,
    field_path text NOT NULL,
    tag_name text NOT NULL,
    data_type text NOT NULL
        CHECK (data_type IN ('real', 'int', 'text', 'bool', 'json')),
    tag_id integer UNIQUE REFERENCES tag_metadata (tag_id) ON DELETE CASCADE,
    enabled boolean DEFAULT true,
    type_strictness text DEFAULT 'coerce'
        CHECK (type_strictness IN ('strict', 'coerce')),
    on_failure text DEFAULT 'skip' CHECK (on_failure IN ('skip', 'default')),
    default_value text,
    value_expression text,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    UNIQUE (subscription_id, tag_name)
);
CREATE INDEX idx_mqtt_field_mappings_sub ON mqtt_field_mappings (subscription_id);
CREATE INDEX idx_mqtt_field_mappings_tag ON mqtt_field_mappings (tag_id);

-- The newest messages.
CREATE TABLE mqtt_message_buffer (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES mqtt_subscriptions (id) ON DELETE CASCADE,
    topic text NOT NULL,
    payload jsonb NOT NULL,
    qos integer NOT NULL DEFAULT 0,
    retained boolean NOT NULL DEFAULT false,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_mqtt_message_buffer_received_at ON mqtt_message_buffer (received_at);
CREATE INDEX idx_mqtt_message_buffer_subscription
    ON mqtt_message_buffer (subscription_id, received_at DESC);
CREATE INDEX idx_mqtt_message_buffer_topic ON mqtt_message_buffer (topic);

-- What is sent to a broker, and when.
CREATE TABLE mqtt_publishers (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    name text NOT NULL,
    publish_mode text NOT NULL
        CHECK (publish_mode IN ('on_change', 'interval', 'both')),
    interval_ms integer,
    payload_format text NOT NULL DEFAULT 'json'
        CHECK (payload_format IN ('json', 'raw', 'sparkplug')),
    payload_template text,
    mqtt_topic text,
    qos integer NOT NULL DEFAULT 0 CHECK (qos IN (0, 1, 2)),
    retain boolean NOT NULL DEFAULT false,
    min_interval_ms integer NOT NULL DEFAULT 500,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT chk_mqtt_publisher_interval CHECK (
        (publish_mode = 'on_change' AND interval_ms IS NULL)
        OR (publish_mode = 'interval' AND interval_ms IS NOT NULL)
        OR (publish_mode = 'both' AND interval_ms IS NOT NULL)
    ),
    CONSTRAINT uq_mqtt_publisher_name UNIQUE (connection_id, name)
);
CREATE INDEX idx_mqtt_publishers_connection ON mqtt_publishers (connection_id);
CREATE INDEX idx_mqtt_publishers_enabled ON mqtt_publishers (connection_id, enabled)
    WHERE enabled = true;
CREATE INDEX idx_mqtt_publishers_mode ON mqtt_publishers (publish_mode);
CREATE TRIGGER trigger_mqtt_publishers_updated_at BEFORE UPDATE ON mqtt_publishers
    FOR EACH ROW EXECUTE FUNCTION update_mqtt_publishers_timestamp();

-- Which tag is sent to which topic.
CREATE TABLE mqtt_publisher_mappings (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    publisher_id uuid NOT NULL REFERENCES mqtt_publishers (id) ON DELETE CASCADE,
    tag_id integer NOT NULL REFERENCES tag_metadata (tag_id) ON DELETE CASCADE,
    mqtt_topic text NOT NULL,
    retain boolean NOT NULL DEFAULT false,
    qos integer NOT NULL DEFAULT 0 CHECK (qos IN (0, 1, 2)),
    value_transform text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_mqtt_pub_mapping UNIQUE (publisher_id, tag_id)
);
CREATE INDEX idx_mqtt_pub_mappings_publisher ON mqtt_publisher_mappings (publisher_id);
CREATE INDEX idx_mqtt_pub_mappings_tag ON mqtt_publisher_mappings (tag_id);
CREATE INDEX idx_mqtt_pub_mappings_topic ON mqtt_publisher_mappings (mqtt_topic);
CREATE TRIGGER trigger_mqtt_publisher_mappings_updated_at
    BEFORE UPDATE ON mqtt_publisher_mappings
    FOR EACH ROW EXECUTE FUNCTION update_mqtt_publisher_mappings_timestamp();

-- Tags that the template of a publisher names.
CREATE TABLE mqtt_publisher_tag_refs (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    publisher_id uuid NOT NULL REFERENCES mqtt_publishers (id) ON DELETE CASCADE,
    token_key text NOT NULL,
    tag_id integer REFERENCES tag_metadata (tag_id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (publisher_id, token_key)
);
CREATE INDEX idx_mqtt_pub_tag_refs_publisher ON mqtt_publisher_tag_refs (publisher_id);
CREATE INDEX idx_mqtt_pub_tag_refs_tag ON mqtt_publisher_tag_refs (tag_id);

-- A publisher as a Sparkplug edge node.
CREATE TABLE sparkplug_configs (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    publisher_id uuid NOT NULL REFERENCES mqtt_publishers (id) ON DELETE CASCADE,
    group_id text NOT NULL,
    edge_node_id text NOT NULL,
    device_id text,
    auto_birth boolean NOT NULL DEFAULT true,
    birth_debounce_ms integer DEFAULT 1000,
    death_timeout_ms integer DEFAULT 5000,
    seq_num integer NOT NULL DEFAULT 0,
    last_birth_at timestamptz,
    last_death_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_sparkplug_config UNIQUE (publisher_id)
);
CREATE INDEX idx_sparkplug_configs_device
    ON sparkplug_configs (group_id, edge_node_id, device_id);
CREATE INDEX idx_sparkplug_configs_group ON sparkplug_configs (group_id);
CREATE INDEX idx_sparkplug_configs_node ON sparkplug_configs (group_id, edge_node_id);
CREATE INDEX idx_sparkplug_configs_publisher ON sparkplug_configs (publisher_id);
CREATE TRIGGER trigger_sparkplug_configs_updated_at BEFORE UPDATE ON sparkplug_configs
    FOR EACH ROW EXECUTE FUNCTION update_sparkplug_configs_timestamp();

-- Which tag is which Sparkplug metric.
CREATE TABLE sparkplug_metric_mappings (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    sparkplug_config_id uuid NOT NULL
        REFERENCES sparkplug_configs (id) ON DELETE CASCADE,
    tag_id integer NOT NULL REFERENCES tag_metadata (tag_id) ON DELETE CASCADE,
    metric_name text NOT NULL,
    data_type text,
    engineering_units text,
    include_in_birth boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_sparkplug_metric UNIQUE (sparkplug_config_id, metric_name)
);
CREATE INDEX idx_sparkplug_metrics_config
    ON sparkplug_metric_mappings (sparkplug_config_id);
CREATE INDEX idx_sparkplug_metrics_name ON sparkplug_metric_mappings (metric_name);
CREATE INDEX idx_sparkplug_metrics_tag ON sparkplug_metric_mappings (tag_id);
CREATE TRIGGER trigger_sparkplug_metric_mappings_updated_at
    BEFORE UPDATE ON sparkplug_metric_mappings
    FOR EACH ROW EXECUTE FUNCTION update_sparkplug_metric_mappings_timestamp();

-- Sparkplug nodes that were heard of.
CREATE TABLE sparkplug_discovery (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    group_id text NOT NULL,
    edge_node_id text NOT NULL,
    device_id text,
    birth_payload jsonb NOT NULL,
    metrics jsonb NOT NULL,
    seq_num integer NOT NULL DEFAULT 0,
    is_online boolean NOT NULL DEFAULT true,
    last_birth_at timestamptz NOT NULL DEFAULT now(),
    last_death_at timestamptz,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_sparkplug_discovery
        UNIQUE (connection_id, group_id, edge_node_id, device_id)
);
CREATE INDEX idx_sparkplug_discovery_connection ON sparkplug_discovery (connection_id);
CREATE INDEX idx_sparkplug_discovery_device
    ON sparkplug_discovery (group_id, edge_node_id, device_id);
CREATE INDEX idx_sparkplug_discovery_group ON sparkplug_discovery (group_id);
CREATE INDEX idx_sparkplug_discovery_node
    ON sparkplug_discovery (group_id, edge_node_id);
CREATE INDEX idx_sparkplug_discovery_online
    ON sparkplug_discovery (connection_id, is_online)
    WHERE is_online = true;
CREATE TRIGGER trigger_sparkplug_discovery_updated_at
    BEFORE UPDATE ON sparkplug_discovery
    FOR EACH ROW EXECUTE FUNCTION update_sparkplug_discovery_timestamp();

-- Logins that devices share.
CREATE TABLE mqtt_credential_groups (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    name text NOT NULL,
    username text NOT NULL UNIQUE,
    credential_hash text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    timeout_seconds integer NOT NULL DEFAULT 600,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_mqtt_credential_groups_username ON mqtt_credential_groups (username)
    WHERE enabled = true;
CREATE TRIGGER trigger_mqtt_credential_groups_updated_at
    BEFORE UPDATE ON mqtt_credential_groups
    FOR EACH ROW EXECUTE FUNCTION update_mqtt_credential_groups_timestamp();

-- Devices that log in to the internal broker.
CREATE TABLE mqtt_devices (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    client_id text NOT NULL UNIQUE,
    credential_group_id uuid NOT NULL
        REFERENCES mqtt_credential_groups (id) ON DELETE CASCADE,
    display_name text,
    enabled boolean NOT NULL DEFAULT true,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_mqtt_devices_client_id ON mqtt_devices (client_id);
CREATE INDEX idx_mqtt_devices_group ON mqtt_devices (credential_group_id);
CREATE TRIGGER trigger_mqtt_devices_updated_at BEFORE UPDATE ON mqtt_devices
    FOR EACH ROW EXECUTE FUNCTION update_mqtt_devices_timestamp();

-- Topics that a device has written to.
CREATE TABLE mqtt_device_topics (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    device_id uuid NOT NULL REFERENCES mqtt_devices (id) ON DELETE CASCADE,
    topic text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    UNIQUE (device_id, topic)
);
CREATE INDEX idx_mqtt_device_topics_device ON mqtt_device_topics (device_id);

-- The record of node-pg-migrate.
INSERT INTO pgmigrations (name, run_on) VALUES
    ('003_v0.5_release', '2026-02-01 08:00:01');
