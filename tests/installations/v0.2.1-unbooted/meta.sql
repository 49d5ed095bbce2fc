-- pgcrypto, where the server has it: gen_random_uuid() is built in.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgcrypto') THEN
        CREATE EXTENSION IF NOT EXISTS pgcrypto;
    END IF;
END
$$;

-- One function per table that keeps updated_at.
CREATE FUNCTION update_connections_timestamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;
CREATE FUNCTION update_tag_metadata_timestamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

-- People and services that can act.
CREATE TABLE users (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    email text NOT NULL UNIQUE,
    display_name text,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- What a user can be.
CREATE TABLE roles (
    id serial PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- Who is what; without a primary key.
CREATE TABLE user_roles (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id integer NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    UNIQUE (user_id, role_id)
);

-- What a user may do with a feature.
CREATE TABLE user_permissions (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    feature text NOT NULL,
    can_create boolean DEFAULT false,
    can_read boolean DEFAULT false,
    can_update boolean DEFAULT false,
    can_delete boolean DEFAULT false,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    PRIMARY KEY (user_id, feature)
);
CREATE INDEX idx_user_permissions_feature ON user_permissions (feature);
CREATE INDEX idx_user_permissions_user ON user_permissions (user_id);

-- How a user logs in.
CREATE TABLE auth_identities (
    id serial PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider text NOT NULL,
    provider_user_id text NOT NULL,
    secret_hash text,
    failed_attempts integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, provider_user_id)
);

-- Refresh tokens of who is logged in.
CREATE TABLE sessions (
    id serial PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    jti uuid NOT NULL UNIQUE,
    refresh_hash text NOT NULL,
    user_agent text,
    ip inet,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    replaced_by_jti uuid,
    last_activity_at timestamptz DEFAULT now()
);
CREATE INDEX idx_sessions_last_activity ON sessions (last_activity_at)
    WHERE revoked_at IS NULL;
CREATE INDEX idx_sessions_user_created ON sessions (user_id, created_at);
CREATE INDEX idx_sessions_user_expires ON sessions (user_id, expires_at);
CREATE INDEX sessions_active_idx ON sessions (user_id) WHERE revoked_at IS NULL;

-- Who did what.
CREATE TABLE audit_events (
    id serial PRIMARY KEY,
    ts timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    outcome text NOT NULL,
    actor_user_id uuid REFERENCES users (id),
    ip inet,
    target_type text,
    target_id text,
    metadata jsonb
);
CREATE INDEX idx_audit_events_ts ON audit_events (ts);

-- Devices and servers that are read from.
CREATE TABLE connections (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    name text NOT NULL UNIQUE,
    type text NOT NULL
        CHECK (type IN ('opcua-client', 'opcua-server', 's7', 'eip', 'system')),
    enabled boolean NOT NULL DEFAULT true,
    config_data jsonb NOT NULL DEFAULT '{}',
    is_system_connection boolean NOT NULL DEFAULT false,
    max_tags_per_group integer DEFAULT 500,
    max_concurrent_connections integer DEFAULT 8,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX idx_connections_deleted_at ON connections (deleted_at)
    WHERE deleted_at IS NULL;
CREATE INDEX idx_connections_enabled ON connections (enabled);
CREATE INDEX idx_connections_name ON connections (name);
CREATE INDEX idx_connections_type ON connections (type);
CREATE TRIGGER trigger_connections_updated_at BEFORE UPDATE ON connections
    FOR EACH ROW EXECUTE FUNCTION update_connections_timestamp();

-- How often a tag is read.
CREATE TABLE poll_groups (
    group_id integer PRIMARY KEY,
    name varchar(50) NOT NULL UNIQUE,
    poll_rate_ms integer NOT NULL UNIQUE,
    description text,
    is_active boolean DEFAULT true,
    created_at timestamptz DEFAULT now()
);
CREATE INDEX idx_poll_groups_active ON poll_groups (is_active, poll_rate_ms);
CREATE INDEX idx_poll_groups_rate ON poll_groups (poll_rate_ms);

-- Units that a tag can have.
CREATE TABLE units_of_measure (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    symbol varchar(20) NOT NULL,
    category varchar(50) NOT NULL,
    is_system boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_units_category ON units_of_measure (category);
CREATE INDEX idx_units_is_system ON units_of_measure (is_system);

-- Tags: what is read, and how.
CREATE TABLE tag_metadata (
    tag_id serial PRIMARY KEY,
    connection_id uuid NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    driver_type text NOT NULL CHECK (driver_type IN ('EIP', 'OPCUA', 'S7', 'SYSTEM')),
    tag_path text NOT NULL,
    tag_name text,
    is_subscribed boolean NOT NULL DEFAULT false,
    is_deleted boolean NOT NULL DEFAULT false,
    status text,
    original_subscribed boolean,
    delete_job_id integer,
    delete_started_at timestamptz,
    deleted_at timestamptz,
    poll_group_id integer NOT NULL DEFAULT 5 REFERENCES poll_groups (group_id),
    data_type text,
    unit_id integer REFERENCES units_of_measure (id) ON DELETE SET NULL,
    description text,
    metadata jsonb DEFAULT '{}',
    on_change_enabled boolean NOT NULL DEFAULT false,
    on_change_deadband real DEFAULT 0.0,
    on_change_deadband_type varchar(20) DEFAULT 'absolute'
        CHECK (on_change_deadband_type IN ('absolute', 'percent')),
    on_change_heartbeat_ms integer DEFAULT 60000,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_tag_metadata_unique_tag UNIQUE (connection_id, tag_path, driver_type)
);
CREATE INDEX idx_tag_metadata_conn_driver
    ON tag_metadata (connection_id, driver_type, is_subscribed);
CREATE INDEX idx_tag_metadata_connection ON tag_metadata (connection_id);
CREATE INDEX idx_tag_metadata_delete_job ON tag_metadata (delete_job_id);
CREATE INDEX idx_tag_metadata_deleted ON tag_metadata (is_deleted)
    WHERE is_deleted = true;
CREATE INDEX idx_tag_metadata_on_change
    ON tag_metadata (connection_id, on_change_enabled)
    WHERE on_change_enabled = true AND is_subscribed = true;
CREATE INDEX idx_tag_metadata_poll_group ON tag_metadata (connection_id, poll_group_id)
    WHERE is_subscribed = true;
CREATE INDEX idx_tag_metadata_status ON tag_metadata (connection_id, status);
CREATE INDEX idx_tag_metadata_subscribed ON tag_metadata (connection_id, is_subscribed)
    WHERE is_subscribed = true;
CREATE INDEX idx_tag_metadata_unit ON tag_metadata (unit_id);
CREATE TRIGGER trigger_tag_metadata_updated_at BEFORE UPDATE ON tag_metadata
    FOR EACH ROW EXECUTE FUNCTION update_tag_metadata_timestamp();

-- Devices found on an EtherNet/IP network.
CREATE TABLE eip_device_cache (
    host text PRIMARY KEY,
    vendor text,
    product_name text,
    product_code integer,
    serial text,
    revision_major integer,
    revision_minor integer,
    max_cip_connections integer DEFAULT 8,
    product_family text,
    discovered_at timestamptz DEFAULT now(),
    last_seen_at timestamptz DEFAULT now()
);
CREATE INDEX idx_eip_device_cache_last_seen ON eip_device_cache (last_seen_at);
CREATE INDEX idx_eip_device_cache_product ON eip_device_cache (product_name);

-- Tags that a controller lists.
CREATE TABLE eip_tag_cache (
    connection_id uuid NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    tag_path text NOT NULL,
    tag_name text,
    data_type text,
    data_type_name text,
    tag_type text CHECK (tag_type IN ('atomic', 'struct')),
    dimensions integer[],
    external_access text,
    program text,
    is_alias boolean DEFAULT false,
    instance_id integer,
    cached_at timestamptz DEFAULT now(),
    PRIMARY KEY (connection_id, tag_path)
);
CREATE INDEX idx_eip_tag_cache_cached_at ON eip_tag_cache (cached_at);
CREATE INDEX idx_eip_tag_cache_conn ON eip_tag_cache (connection_id);
CREATE INDEX idx_eip_tag_cache_name ON eip_tag_cache (tag_name);
CREATE INDEX idx_eip_tag_cache_program ON eip_tag_cache (program);

-- Folders of charts, nested.
CREATE TABLE chart_folders (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL,
    description text,
    parent_folder_id uuid REFERENCES chart_folders (id) ON DELETE CASCADE,
    sort_order integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_chart_folders_parent ON chart_folders (parent_folder_id);
CREATE INDEX idx_chart_folders_user ON chart_folders (user_id);

-- Charts; folder_id refers to nothing.
CREATE TABLE chart_configs (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    folder_id uuid,
    name text NOT NULL,
    description text,
    chart_type text NOT NULL DEFAULT 'line',
    is_system_chart boolean NOT NULL DEFAULT false,
    is_deleted boolean NOT NULL DEFAULT false,
    is_shared boolean NOT NULL DEFAULT false,
    time_mode text NOT NULL DEFAULT 'fixed'
        CHECK (time_mode IN ('fixed', 'rolling', 'shifted')),
    time_duration bigint,
    time_offset bigint DEFAULT 0,
    live_enabled boolean NOT NULL DEFAULT false,
    show_time_badge boolean NOT NULL DEFAULT true,
    time_from timestamptz,
    time_to timestamptz,
    time_range_ms bigint,
    options jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_chart_configs_folder ON chart_configs (folder_id)
    WHERE is_deleted = false;
CREATE INDEX idx_chart_configs_shared ON chart_configs (is_shared)
    WHERE is_shared = true AND is_deleted = false;
CREATE INDEX idx_chart_configs_system ON chart_configs (is_system_chart)
    WHERE is_system_chart = true AND is_deleted = false;
CREATE INDEX idx_chart_configs_updated ON chart_configs (updated_at DESC);
CREATE INDEX idx_chart_configs_user ON chart_configs (user_id) WHERE is_deleted = false;

-- Folders of dashboards, nested.
CREATE TABLE dashboard_folders (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL,
    description text,
    parent_folder_id uuid REFERENCES dashboard_folders (id) ON DELETE CASCADE,
    sort_order integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_dashboard_folders_parent ON dashboard_folders (parent_folder_id);
CREATE INDEX idx_dashboard_folders_user ON dashboard_folders (user_id);

-- Dashboards; folder_id refers to nothing.
CREATE TABLE dashboard_configs (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    folder_id uuid,
    name varchar(120) NOT NULL,
    description text,
    is_shared boolean NOT NULL DEFAULT false,
    is_deleted boolean NOT NULL DEFAULT false,
    layout jsonb NOT NULL DEFAULT '{}',
    options jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_dashboard_configs_created ON dashboard_configs (created_at);
CREATE INDEX idx_dashboard_configs_folder ON dashboard_configs (folder_id)
    WHERE is_deleted = false;
CREATE INDEX idx_dashboard_configs_shared ON dashboard_configs (is_shared)
    WHERE is_deleted = false;
CREATE INDEX idx_dashboard_configs_updated ON dashboard_configs (updated_at);
CREATE INDEX idx_dashboard_configs_user ON dashboard_configs (user_id)
    WHERE is_deleted = false;

-- Work that a worker does later.
CREATE TABLE jobs (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    type text NOT NULL,
    status text NOT NULL DEFAULT 'queued',
    params jsonb,
    progress jsonb,
    result jsonb,
    error text,
    cancellation_requested boolean NOT NULL DEFAULT false,
    started_at timestamptz,
    finished_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    worker_id text,
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL DEFAULT 1,
    run_at timestamptz,
    last_heartbeat_at timestamptz
);
CREATE INDEX idx_jobs_status_created ON jobs (status, created_at);
CREATE INDEX idx_jobs_type ON jobs (type);
CREATE INDEX idx_jobs_worker ON jobs (worker_id);
CREATE INDEX jobs_queue_idx ON jobs (status, run_at, created_at)
    WHERE status = 'queued';
CREATE INDEX jobs_running_idx ON jobs (status, last_heartbeat_at)
    WHERE status = 'running';

-- Settings of the application.
CREATE TABLE system_settings (
    key text PRIMARY KEY,
    value jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The record of node-pg-migrate.
CREATE TABLE pgmigrations (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    run_on timestamp NOT NULL
);
INSERT INTO pgmigrations (name, run_on) VALUES
    ('001_schema', '2025-10-20 08:00:01'),
    ('002_seed_data', '2025-10-20 08:00:02');
