-- v0.4.4 made all of this in 001_schema, beside the tables of v0.2.1.
ALTER TABLE tag_metadata
    DROP CONSTRAINT tag_metadata_driver_type_check,
    ADD CONSTRAINT tag_metadata_driver_type_check
        CHECK (driver_type IN ('EIP', 'OPCUA', 'S7', 'MQTT', 'SYSTEM', 'INTERNAL'));

-- Folders of flows, nested.
CREATE TABLE flow_folders (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL,
    description text,
    parent_folder_id uuid REFERENCES flow_folders (id) ON DELETE CASCADE,
    sort_order integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_flow_folders_parent ON flow_folders (parent_folder_id);
CREATE INDEX idx_flow_folders_user ON flow_folders (user_id);

-- Flows: programs of nodes.
CREATE TABLE flows (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    name text NOT NULL,
    description text,
    owner_user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    folder_id uuid REFERENCES flow_folders (id) ON DELETE SET NULL,
    deployed boolean DEFAULT false,
    shared boolean DEFAULT false,
    test_mode boolean DEFAULT false,
    test_disable_writes boolean DEFAULT false,
    test_auto_exit boolean DEFAULT false,
    test_auto_exit_minutes integer DEFAULT 5,
    execution_mode varchar(20) DEFAULT 'continuous',
    scan_rate_ms integer DEFAULT 1000,
    live_values_use_scan_rate boolean DEFAULT false,
    logs_enabled boolean DEFAULT false,
    logs_retention_days integer DEFAULT 30
        CHECK (logs_retention_days > 0 AND logs_retention_days <= 365),
    save_usage_data boolean DEFAULT true,
    exposed_parameters jsonb DEFAULT '[]',
    resource_chart_id uuid REFERENCES chart_configs (id) ON DELETE SET NULL,
    definition jsonb NOT NULL DEFAULT '{}',
    static_data jsonb DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_flows_folder ON flows (folder_id);
CREATE INDEX idx_flows_owner ON flows (owner_user_id);
CREATE INDEX idx_flows_shared ON flows (shared) WHERE shared = true;
CREATE INDEX idx_flows_test_mode ON flows (test_mode) WHERE test_mode = true;

-- Runs of a flow.
CREATE TABLE flow_executions (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    flow_id uuid REFERENCES flows (id) ON DELETE CASCADE,
    trigger_node_id text,
    runtime_parameters jsonb DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    status text NOT NULL DEFAULT 'running',
    node_outputs jsonb DEFAULT '{}',
    error_log jsonb DEFAULT '[]',
    execution_time_ms integer
);
CREATE INDEX idx_flow_executions_flow_id_started
    ON flow_executions (flow_id, started_at DESC);

-- What a flow logs.
CREATE TABLE flow_execution_logs (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    execution_id uuid REFERENCES flow_executions (id) ON DELETE CASCADE,
    flow_id uuid NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    node_id text,
    log_level text NOT NULL CHECK (log_level IN ('debug', 'info', 'warn', 'error')),
    message text NOT NULL,
    "timestamp" timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_flow_execution_logs_created_cleanup
    ON flow_execution_logs (flow_id, created_at);
CREATE INDEX idx_flow_execution_logs_execution
    ON flow_execution_logs (execution_id, "timestamp");
CREATE INDEX idx_flow_execution_logs_flow
    ON flow_execution_logs (flow_id, "timestamp" DESC);
CREATE INDEX idx_flow_execution_logs_level ON flow_execution_logs (log_level);
COMMENT ON TABLE flow_execution_logs IS
    'Stores detailed logs from flow executions for debugging and monitoring';

-- Flows that run continuously.
CREATE TABLE flow_sessions (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    flow_id uuid REFERENCES flows (id) ON DELETE CASCADE,
    status varchar(20) NOT NULL
        CHECK (status IN ('active', 'stopped', 'error', 'stalled')),
    started_at timestamptz NOT NULL DEFAULT now(),
    stopped_at timestamptz,
    error_message text,
    config jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_flow_sessions_flow ON flow_sessions (flow_id, started_at DESC);
CREATE INDEX idx_flow_sessions_status ON flow_sessions (status, started_at DESC);

-- Which tags a flow reads and writes.
CREATE TABLE flow_tag_dependencies (
    flow_id uuid NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    tag_id integer NOT NULL REFERENCES tag_metadata (tag_id) ON DELETE CASCADE,
    node_id text NOT NULL,
    dependency_type text NOT NULL CHECK (dependency_type IN ('input', 'output')),
    PRIMARY KEY (flow_id, tag_id, node_id, dependency_type)
);
CREATE INDEX idx_flow_tag_deps_flow ON flow_tag_dependencies (flow_id);
CREATE INDEX idx_flow_tag_deps_tag ON flow_tag_dependencies (tag_id);

-- Installed libraries of nodes.
CREATE TABLE node_libraries (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    library_id text NOT NULL UNIQUE,
    name text NOT NULL,
    version text NOT NULL,
    manifest jsonb NOT NULL,
    enabled boolean DEFAULT true,
    installed_at timestamptz NOT NULL DEFAULT now(),
    installed_by uuid REFERENCES users (id) ON DELETE SET NULL,
    last_loaded_at timestamptz,
    load_errors text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_node_libraries_enabled ON node_libraries (enabled)
    WHERE enabled = true;
CREATE INDEX idx_node_libraries_installed_at ON node_libraries (installed_at DESC);
COMMENT ON TABLE node_libraries IS
    'Tracks installed node libraries for Flow Studio';

-- Which nodes of a flow are of a library; library_id refers to nothing.
CREATE TABLE flow_library_dependencies (
    flow_id uuid NOT NULL REFERENCES flows (id) ON DELETE CASCADE,
    library_id text NOT NULL,
    node_id text NOT NULL,
    node_type text NOT NULL,
    PRIMARY KEY (flow_id, library_id, node_id)
);
CREATE INDEX idx_flow_library_deps_flow ON flow_library_dependencies (flow_id);
CREATE INDEX idx_flow_library_deps_library ON flow_library_dependencies (library_id);
COMMENT ON TABLE flow_library_dependencies IS
    'Tracks which flows use nodes from external libraries';

-- Categories of the palette of nodes.
CREATE TABLE node_categories (
    category_key text PRIMARY KEY,
    display_name text NOT NULL,
    icon text NOT NULL DEFAULT '📦',
    description text,
    display_order integer NOT NULL DEFAULT 99,
    is_core boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_node_categories_order ON node_categories (display_order);
COMMENT ON TABLE node_categories IS
    'Dynamic node palette categories - built from core + libraries';

-- Sections of a category.
CREATE TABLE node_sections (
    category_key text NOT NULL
        REFERENCES node_categories (category_key) ON DELETE CASCADE,
    section_key text NOT NULL,
    display_name text NOT NULL,
    description text,
    display_order integer NOT NULL DEFAULT 99,
    is_core boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (category_key, section_key)
);
CREATE INDEX idx_node_sections_order ON node_sections (category_key, display_order);
COMMENT ON TABLE node_sections IS
    'Dynamic node palette sections within categories';
