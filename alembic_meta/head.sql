BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> meta_001

CREATE TABLE users (
    id UUID DEFAULT gen_random_uuid() NOT NULL, 
    email TEXT NOT NULL, 
    display_name TEXT, 
    is_active BOOLEAN DEFAULT true NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT users_pkey PRIMARY KEY (id), 
    CONSTRAINT users_email_key UNIQUE (email)
);

COMMENT ON TABLE users IS 'User accounts; the core API signs them in.';

COMMENT ON COLUMN users.id IS 'Identifies the user.';

COMMENT ON COLUMN users.email IS 'Address the user signs in with; one account an address.';

COMMENT ON COLUMN users.display_name IS 'Name shown to other users; NULL: show the address.';

COMMENT ON COLUMN users.is_active IS 'Whether the user may sign in; false keeps the account but locks it.';

COMMENT ON COLUMN users.created_at IS 'When the account was made (UTC instant).';

COMMENT ON COLUMN users.updated_at IS 'When the account last changed (UTC instant); the writer sets it.';

CREATE TABLE auth_identities (
    id SERIAL NOT NULL, 
    user_id UUID NOT NULL, 
    provider TEXT NOT NULL, 
    provider_user_id TEXT NOT NULL, 
    secret_hash TEXT, 
    failed_attempts INTEGER DEFAULT 0 NOT NULL, 
    locked_until TIMESTAMP WITH TIME ZONE, 
    last_login_at TIMESTAMP WITH TIME ZONE, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT auth_identities_pkey PRIMARY KEY (id), 
    CONSTRAINT auth_identities_provider_provider_user_id_key UNIQUE (provider, provider_user_id), 
    CONSTRAINT auth_identities_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE auth_identities IS 'Sign-in credentials of users, one row a provider and account.';

COMMENT ON COLUMN auth_identities.id IS 'Identifies the credential.';

COMMENT ON COLUMN auth_identities.user_id IS 'User that this credential signs in.';

COMMENT ON COLUMN auth_identities.provider IS 'Who vouches for the user, such as local (password kept here).';

COMMENT ON COLUMN auth_identities.provider_user_id IS 'The user''s name at the provider; for local, the e-mail address.';

COMMENT ON COLUMN auth_identities.secret_hash IS 'bcrypt hash of the password; NULL where the provider keeps the secret.';

COMMENT ON COLUMN auth_identities.failed_attempts IS 'Failed sign-ins since the last success.';

COMMENT ON COLUMN auth_identities.locked_until IS 'No sign-in before this instant (UTC); NULL: not locked.';

COMMENT ON COLUMN auth_identities.last_login_at IS 'Last successful sign-in (UTC instant); NULL: never.';

COMMENT ON COLUMN auth_identities.created_at IS 'When the credential was added (UTC instant).';

COMMENT ON COLUMN auth_identities.updated_at IS 'When the credential last changed (UTC instant); the writer sets it.';

CREATE TABLE roles (
    id SERIAL NOT NULL, 
    name TEXT NOT NULL, 
    CONSTRAINT roles_pkey PRIMARY KEY (id), 
    CONSTRAINT roles_name_key UNIQUE (name)
);

COMMENT ON TABLE roles IS 'Roles that users can hold.';

COMMENT ON COLUMN roles.id IS 'Identifies the role.';

COMMENT ON COLUMN roles.name IS 'Name the application knows it by, such as admin, viewer.';

CREATE TABLE user_roles (
    user_id UUID NOT NULL, 
    role_id INTEGER NOT NULL, 
    CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id), 
    CONSTRAINT user_roles_role_id_fkey FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE, 
    CONSTRAINT user_roles_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE user_roles IS 'Which user holds which role.';

COMMENT ON COLUMN user_roles.user_id IS 'User that holds the role.';

COMMENT ON COLUMN user_roles.role_id IS 'Role that the user holds.';

CREATE TABLE user_permissions (
    user_id UUID NOT NULL, 
    feature TEXT NOT NULL, 
    can_create BOOLEAN DEFAULT false, 
    can_read BOOLEAN DEFAULT false, 
    can_update BOOLEAN DEFAULT false, 
    can_delete BOOLEAN DEFAULT false, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    CONSTRAINT user_permissions_pkey PRIMARY KEY (user_id, feature), 
    CONSTRAINT user_permissions_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE user_permissions IS 'Rights of a user on a feature; no row: no right.';

COMMENT ON COLUMN user_permissions.user_id IS 'User that the rights are for.';

COMMENT ON COLUMN user_permissions.feature IS 'Part of the application, such as dashboards or connectivity.tags.';

COMMENT ON COLUMN user_permissions.can_create IS 'May add items.';

COMMENT ON COLUMN user_permissions.can_read IS 'May see items.';

COMMENT ON COLUMN user_permissions.can_update IS 'May change items.';

COMMENT ON COLUMN user_permissions.can_delete IS 'May remove items.';

COMMENT ON COLUMN user_permissions.created_at IS 'When the rights were first given (UTC instant).';

COMMENT ON COLUMN user_permissions.updated_at IS 'When the rights last changed (UTC instant); the writer sets it.';

CREATE INDEX idx_user_permissions_feature ON user_permissions (feature);

CREATE TABLE sessions (
    id SERIAL NOT NULL, 
    user_id UUID NOT NULL, 
    jti UUID NOT NULL, 
    refresh_hash TEXT NOT NULL, 
    user_agent TEXT, 
    ip INET, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    revoked_at TIMESTAMP WITH TIME ZONE, 
    replaced_by_jti UUID, 
    last_activity_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    CONSTRAINT sessions_pkey PRIMARY KEY (id), 
    CONSTRAINT sessions_jti_key UNIQUE (jti), 
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE sessions IS 'Sign-ins of users, one row a refresh token.';

COMMENT ON COLUMN sessions.id IS 'Identifies the session.';

COMMENT ON COLUMN sessions.user_id IS 'User that signed in.';

COMMENT ON COLUMN sessions.jti IS 'Identifier inside the refresh token (JWT claim jti).';

COMMENT ON COLUMN sessions.refresh_hash IS 'Hash of the refresh token; the token itself is never stored.';

COMMENT ON COLUMN sessions.user_agent IS 'User-Agent header of the browser that signed in.';

COMMENT ON COLUMN sessions.ip IS 'Address that the sign-in came from.';

COMMENT ON COLUMN sessions.created_at IS 'When the user signed in or the token was rotated (UTC instant).';

COMMENT ON COLUMN sessions.expires_at IS 'When the token ends (UTC instant).';

COMMENT ON COLUMN sessions.revoked_at IS 'When the token was withdrawn (UTC instant); NULL: still good.';

COMMENT ON COLUMN sessions.replaced_by_jti IS 'jti of the token that rotation put in this one''s place.';

COMMENT ON COLUMN sessions.last_activity_at IS 'Last request made with the session (UTC instant).';

CREATE INDEX idx_sessions_last_activity ON sessions (last_activity_at) WHERE revoked_at IS NULL;

CREATE INDEX idx_sessions_user_created ON sessions (user_id, created_at);

CREATE INDEX idx_sessions_user_expires ON sessions (user_id, expires_at);

CREATE INDEX sessions_active_idx ON sessions (user_id) WHERE revoked_at IS NULL;

CREATE TABLE connections (
    id UUID DEFAULT gen_random_uuid() NOT NULL, 
    name TEXT NOT NULL, 
    type TEXT NOT NULL, 
    enabled BOOLEAN DEFAULT true NOT NULL, 
    config_data JSONB DEFAULT '{}' NOT NULL, 
    is_system_connection BOOLEAN DEFAULT false NOT NULL, 
    max_tags_per_group INTEGER DEFAULT 500, 
    max_concurrent_connections INTEGER DEFAULT 8, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    deleted_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT connections_pkey PRIMARY KEY (id), 
    CONSTRAINT connections_name_key UNIQUE (name), 
    CONSTRAINT connections_type_check CHECK (type IN ('opcua-client', 'opcua-server', 's7', 'eip', 'system'))
);

COMMENT ON TABLE connections IS 'Data sources; the connectivity service opens those enabled.';

COMMENT ON COLUMN connections.id IS 'Identifies the connection in both databases and in messages.';

COMMENT ON COLUMN connections.name IS 'Name that operators see, unique among connections.';

COMMENT ON COLUMN connections.type IS 'Protocol and side: opcua-client, opcua-server, s7 (Siemens S7), eip (EtherNet/IP) or system (DataForeman itself).';

COMMENT ON COLUMN connections.enabled IS 'Whether the connectivity service opens the connection.';

COMMENT ON COLUMN connections.config_data IS 'Settings of the protocol, such as host, port, rack and slot.';

COMMENT ON COLUMN connections.is_system_connection IS 'Made by the application; operators cannot edit or remove it.';

COMMENT ON COLUMN connections.max_tags_per_group IS 'Most tags read in one request (count).';

COMMENT ON COLUMN connections.max_concurrent_connections IS 'Most network connections held open to the device (count).';

COMMENT ON COLUMN connections.created_at IS 'When the connection was added (UTC instant).';

COMMENT ON COLUMN connections.updated_at IS 'When the row last changed (UTC instant); a trigger sets it.';

COMMENT ON COLUMN connections.deleted_at IS 'When an operator removed it (UTC instant); NULL: in use.';

CREATE INDEX idx_connections_deleted_at ON connections (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX idx_connections_enabled ON connections (enabled);

CREATE INDEX idx_connections_type ON connections (type);

CREATE TABLE poll_groups (
    group_id INTEGER NOT NULL, 
    name VARCHAR(50) NOT NULL, 
    poll_rate_ms INTEGER NOT NULL, 
    description TEXT, 
    is_active BOOLEAN DEFAULT true, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    CONSTRAINT poll_groups_pkey PRIMARY KEY (group_id), 
    CONSTRAINT poll_groups_name_key UNIQUE (name), 
    CONSTRAINT poll_groups_poll_rate_ms_key UNIQUE (poll_rate_ms)
);

COMMENT ON TABLE poll_groups IS 'Polling rates; the connectivity service needs them to start.';

COMMENT ON COLUMN poll_groups.group_id IS 'Identifies the group; assigned by hand, never drawn from a sequence.';

COMMENT ON COLUMN poll_groups.name IS 'Name that operators see.';

COMMENT ON COLUMN poll_groups.poll_rate_ms IS 'Time from one read to the next (ms).';

COMMENT ON COLUMN poll_groups.description IS 'What the rate is good for.';

COMMENT ON COLUMN poll_groups.is_active IS 'Whether tags may be put in the group.';

COMMENT ON COLUMN poll_groups.created_at IS 'When the group was made (UTC instant).';

CREATE INDEX idx_poll_groups_active ON poll_groups (is_active, poll_rate_ms);

CREATE TABLE units_of_measure (
    id SERIAL NOT NULL, 
    name VARCHAR(100) NOT NULL, 
    symbol VARCHAR(20) NOT NULL, 
    category VARCHAR(50) NOT NULL, 
    is_system BOOLEAN DEFAULT true NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT units_of_measure_pkey PRIMARY KEY (id), 
    CONSTRAINT units_of_measure_name_key UNIQUE (name)
);

COMMENT ON TABLE units_of_measure IS 'Units of measure that a tag''s value can have.';

COMMENT ON COLUMN units_of_measure.id IS 'Identifies the unit.';

COMMENT ON COLUMN units_of_measure.name IS 'Full name, such as Degrees Celsius.';

COMMENT ON COLUMN units_of_measure.symbol IS 'What stands behind a value, such as °C.';

COMMENT ON COLUMN units_of_measure.category IS 'Quantity that it measures, such as Temperature.';

COMMENT ON COLUMN units_of_measure.is_system IS 'Came with the application; false: added by an operator.';

COMMENT ON COLUMN units_of_measure.created_at IS 'When the unit was added (UTC instant).';

COMMENT ON COLUMN units_of_measure.updated_at IS 'When the unit last changed (UTC instant); the writer sets it.';

CREATE INDEX idx_units_category ON units_of_measure (category);

CREATE INDEX idx_units_is_system ON units_of_measure (is_system);

CREATE TABLE tag_metadata (
    tag_id SERIAL NOT NULL, 
    connection_id UUID NOT NULL, 
    driver_type TEXT NOT NULL, 
    tag_path TEXT NOT NULL, 
    tag_name TEXT, 
    is_subscribed BOOLEAN DEFAULT false NOT NULL, 
    is_deleted BOOLEAN DEFAULT false NOT NULL, 
    status TEXT, 
    original_subscribed BOOLEAN, 
    delete_job_id INTEGER, 
    delete_started_at TIMESTAMP WITH TIME ZONE, 
    deleted_at TIMESTAMP WITH TIME ZONE, 
    poll_group_id INTEGER DEFAULT 5 NOT NULL, 
    data_type TEXT, 
    unit_id INTEGER, 
    description TEXT, 
    metadata JSONB DEFAULT '{}', 
    on_change_enabled BOOLEAN DEFAULT false NOT NULL, 
    on_change_deadband REAL DEFAULT 0.0, 
    on_change_deadband_type VARCHAR(20) DEFAULT 'absolute', 
    on_change_heartbeat_ms INTEGER DEFAULT 60000, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT tag_metadata_pkey PRIMARY KEY (tag_id), 
    CONSTRAINT uq_tag_metadata_unique_tag UNIQUE (connection_id, tag_path, driver_type), 
    CONSTRAINT tag_metadata_driver_type_check CHECK (driver_type IN ('EIP', 'OPCUA', 'S7', 'SYSTEM')), 
    CONSTRAINT tag_metadata_on_change_deadband_type_check CHECK (on_change_deadband_type IN ('absolute', 'percent')), 
    CONSTRAINT tag_metadata_connection_id_fkey FOREIGN KEY(connection_id) REFERENCES connections (id) ON DELETE CASCADE, 
    CONSTRAINT tag_metadata_poll_group_id_fkey FOREIGN KEY(poll_group_id) REFERENCES poll_groups (group_id), 
    CONSTRAINT tag_metadata_unit_id_fkey FOREIGN KEY(unit_id) REFERENCES units_of_measure (id) ON DELETE SET NULL
);

COMMENT ON TABLE tag_metadata IS 'Tags and how the connectivity service collects them.';

COMMENT ON COLUMN tag_metadata.tag_id IS 'Identifies the tag in both databases and in messages.';

COMMENT ON COLUMN tag_metadata.connection_id IS 'Connection that the tag is read through.';

COMMENT ON COLUMN tag_metadata.driver_type IS 'Driver that reads it: EIP, OPCUA, S7 or SYSTEM (own metrics).';

COMMENT ON COLUMN tag_metadata.tag_path IS 'Address in the device, as the driver writes it.';

COMMENT ON COLUMN tag_metadata.tag_name IS 'Name that operators see.';

COMMENT ON COLUMN tag_metadata.is_subscribed IS 'Whether the connectivity service reads the tag.';

COMMENT ON COLUMN tag_metadata.is_deleted IS 'Removed by an operator; the row stays while readings refer to it.';

COMMENT ON COLUMN tag_metadata.status IS 'Stage of life: active, pending_delete, deleting or deleted.';

COMMENT ON COLUMN tag_metadata.original_subscribed IS 'is_subscribed as it was before deletion began, to restore it.';

COMMENT ON COLUMN tag_metadata.delete_job_id IS 'Number of the job that deletes the tag; not a key of jobs.';

COMMENT ON COLUMN tag_metadata.delete_started_at IS 'When deletion began (UTC instant).';

COMMENT ON COLUMN tag_metadata.deleted_at IS 'When deletion was complete (UTC instant).';

COMMENT ON COLUMN tag_metadata.poll_group_id IS 'Poll group that sets how often it is read.';

COMMENT ON COLUMN tag_metadata.data_type IS 'Type of the value in the driver''s own words, such as REAL.';

COMMENT ON COLUMN tag_metadata.unit_id IS 'Unit that the value is in; NULL: none.';

COMMENT ON COLUMN tag_metadata.description IS 'Note of the operator.';

COMMENT ON COLUMN tag_metadata.metadata IS 'What the driver knows beyond these columns.';

COMMENT ON COLUMN tag_metadata.on_change_enabled IS 'Whether a reading is stored only when the value changed.';

COMMENT ON COLUMN tag_metadata.on_change_deadband IS 'Smallest change that counts: in the tag''s unit for absolute, in % (0-100) for percent.';

COMMENT ON COLUMN tag_metadata.on_change_deadband_type IS 'How on_change_deadband is meant: absolute or percent.';

COMMENT ON COLUMN tag_metadata.on_change_heartbeat_ms IS 'An unchanged value is stored after this time (ms); NULL: never.';

COMMENT ON COLUMN tag_metadata.created_at IS 'When the tag was added (UTC instant).';

COMMENT ON COLUMN tag_metadata.updated_at IS 'When the row last changed (UTC instant); a trigger sets it.';

CREATE INDEX idx_tag_metadata_conn_driver ON tag_metadata (connection_id, driver_type, is_subscribed);

CREATE INDEX idx_tag_metadata_delete_job ON tag_metadata (delete_job_id);

CREATE INDEX idx_tag_metadata_deleted ON tag_metadata (is_deleted) WHERE is_deleted = true;

CREATE INDEX idx_tag_metadata_on_change ON tag_metadata (connection_id, on_change_enabled) WHERE on_change_enabled = true AND is_subscribed = true;

CREATE INDEX idx_tag_metadata_poll_group ON tag_metadata (connection_id, poll_group_id) WHERE is_subscribed = true;

CREATE INDEX idx_tag_metadata_status ON tag_metadata (connection_id, status);

CREATE INDEX idx_tag_metadata_subscribed ON tag_metadata (connection_id, is_subscribed) WHERE is_subscribed = true;

CREATE INDEX idx_tag_metadata_unit ON tag_metadata (unit_id);

CREATE TABLE chart_folders (
    id UUID DEFAULT gen_random_uuid() NOT NULL, 
    user_id UUID NOT NULL, 
    name VARCHAR(255) NOT NULL, 
    description TEXT, 
    parent_folder_id UUID, 
    sort_order INTEGER DEFAULT 0 NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT chart_folders_pkey PRIMARY KEY (id), 
    CONSTRAINT chart_folders_parent_folder_id_fkey FOREIGN KEY(parent_folder_id) REFERENCES chart_folders (id) ON DELETE CASCADE, 
    CONSTRAINT chart_folders_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE chart_folders IS 'Folders that users sort their charts into.';

COMMENT ON COLUMN chart_folders.id IS 'Identifies the folder.';

COMMENT ON COLUMN chart_folders.user_id IS 'Owner of the folder.';

COMMENT ON COLUMN chart_folders.name IS 'Name that the owner gave.';

COMMENT ON COLUMN chart_folders.description IS 'Note of the owner.';

COMMENT ON COLUMN chart_folders.parent_folder_id IS 'Folder that this one lies in; NULL: at the top.';

COMMENT ON COLUMN chart_folders.sort_order IS 'Place among its siblings, lowest first.';

COMMENT ON COLUMN chart_folders.created_at IS 'When the folder was made (UTC instant).';

COMMENT ON COLUMN chart_folders.updated_at IS 'When the folder last changed (UTC instant); the writer sets it.';

CREATE INDEX idx_chart_folders_parent ON chart_folders (parent_folder_id);

CREATE INDEX idx_chart_folders_user ON chart_folders (user_id);

CREATE TABLE chart_configs (
    id UUID DEFAULT gen_random_uuid() NOT NULL, 
    user_id UUID, 
    folder_id UUID, 
    name TEXT NOT NULL, 
    description TEXT, 
    chart_type TEXT DEFAULT 'line' NOT NULL, 
    is_system_chart BOOLEAN DEFAULT false NOT NULL, 
    is_deleted BOOLEAN DEFAULT false NOT NULL, 
    is_shared BOOLEAN DEFAULT false NOT NULL, 
    time_mode TEXT DEFAULT 'fixed' NOT NULL, 
    time_duration BIGINT, 
    time_offset BIGINT DEFAULT 0, 
    live_enabled BOOLEAN DEFAULT false NOT NULL, 
    show_time_badge BOOLEAN DEFAULT true NOT NULL, 
    time_from TIMESTAMP WITH TIME ZONE, 
    time_to TIMESTAMP WITH TIME ZONE, 
    time_range_ms BIGINT, 
    options JSONB DEFAULT '{}' NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT chart_configs_pkey PRIMARY KEY (id), 
    CONSTRAINT chart_configs_time_mode_check CHECK (time_mode IN ('fixed', 'rolling', 'shifted')), 
    CONSTRAINT chart_configs_folder_id_fkey FOREIGN KEY(folder_id) REFERENCES chart_folders (id) ON DELETE SET NULL, 
    CONSTRAINT chart_configs_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE chart_configs IS 'Charts that users saved.';

COMMENT ON COLUMN chart_configs.id IS 'Identifies the chart.';

COMMENT ON COLUMN chart_configs.user_id IS 'Owner of the chart; NULL: the application.';

COMMENT ON COLUMN chart_configs.folder_id IS 'Folder that the chart lies in; NULL: at the top.';

COMMENT ON COLUMN chart_configs.name IS 'Title of the chart.';

COMMENT ON COLUMN chart_configs.description IS 'Note of the owner.';

COMMENT ON COLUMN chart_configs.chart_type IS 'How it is drawn, such as line or bar.';

COMMENT ON COLUMN chart_configs.is_system_chart IS 'Came with the application; users cannot change it.';

COMMENT ON COLUMN chart_configs.is_deleted IS 'Removed by its owner, and hidden.';

COMMENT ON COLUMN chart_configs.is_shared IS 'Whether other users may see it.';

COMMENT ON COLUMN chart_configs.time_mode IS 'How the time range moves: fixed (time_from to time_to), rolling (the last time_duration) or shifted (the same, time_offset ago).';

COMMENT ON COLUMN chart_configs.time_duration IS 'Width of a rolling or shifted range (ms).';

COMMENT ON COLUMN chart_configs.time_offset IS 'How far before now a shifted range ends (ms).';

COMMENT ON COLUMN chart_configs.live_enabled IS 'Whether the chart opens with live updates on.';

COMMENT ON COLUMN chart_configs.show_time_badge IS 'Whether the chart shows its time mode.';

COMMENT ON COLUMN chart_configs.time_from IS 'Start of a fixed range (UTC instant).';

COMMENT ON COLUMN chart_configs.time_to IS 'End of a fixed range (UTC instant).';

COMMENT ON COLUMN chart_configs.time_range_ms IS 'Former width of the range (ms); time_duration replaces it.';

COMMENT ON COLUMN chart_configs.options IS 'Tags, axes, colours and the rest of the drawing.';

COMMENT ON COLUMN chart_configs.created_at IS 'When the chart was saved first (UTC instant).';

COMMENT ON COLUMN chart_configs.updated_at IS 'When the chart last changed (UTC instant); the writer sets it.';

CREATE INDEX idx_chart_configs_folder ON chart_configs (folder_id) WHERE is_deleted = false;

CREATE INDEX idx_chart_configs_shared ON chart_configs (is_shared) WHERE is_shared = true AND is_deleted = false;

CREATE INDEX idx_chart_configs_system ON chart_configs (is_system_chart) WHERE is_system_chart = true AND is_deleted = false;

CREATE INDEX idx_chart_configs_updated ON chart_configs (updated_at DESC);

CREATE INDEX idx_chart_configs_user ON chart_configs (user_id) WHERE is_deleted = false;

CREATE TABLE dashboard_folders (
    id UUID DEFAULT gen_random_uuid() NOT NULL, 
    user_id UUID NOT NULL, 
    name VARCHAR(255) NOT NULL, 
    description TEXT, 
    parent_folder_id UUID, 
    sort_order INTEGER DEFAULT 0 NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT dashboard_folders_pkey PRIMARY KEY (id), 
    CONSTRAINT dashboard_folders_parent_folder_id_fkey FOREIGN KEY(parent_folder_id) REFERENCES dashboard_folders (id) ON DELETE CASCADE, 
    CONSTRAINT dashboard_folders_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE dashboard_folders IS 'Folders that users sort their dashboards into.';

COMMENT ON COLUMN dashboard_folders.id IS 'Identifies the folder.';

COMMENT ON COLUMN dashboard_folders.user_id IS 'Owner of the folder.';

COMMENT ON COLUMN dashboard_folders.name IS 'Name that the owner gave.';

COMMENT ON COLUMN dashboard_folders.description IS 'Note of the owner.';

COMMENT ON COLUMN dashboard_folders.parent_folder_id IS 'Folder that this one lies in; NULL: at the top.';

COMMENT ON COLUMN dashboard_folders.sort_order IS 'Place among its siblings, lowest first.';

COMMENT ON COLUMN dashboard_folders.created_at IS 'When the folder was made (UTC instant).';

COMMENT ON COLUMN dashboard_folders.updated_at IS 'When the folder last changed (UTC instant); the writer sets it.';

CREATE INDEX idx_dashboard_folders_parent ON dashboard_folders (parent_folder_id);

CREATE INDEX idx_dashboard_folders_user ON dashboard_folders (user_id);

CREATE TABLE dashboard_configs (
    id UUID DEFAULT gen_random_uuid() NOT NULL, 
    user_id UUID NOT NULL, 
    folder_id UUID, 
    name VARCHAR(120) NOT NULL, 
    description TEXT, 
    is_shared BOOLEAN DEFAULT false NOT NULL, 
    is_deleted BOOLEAN DEFAULT false NOT NULL, 
    layout JSONB DEFAULT '{}' NOT NULL, 
    options JSONB DEFAULT '{}' NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT dashboard_configs_pkey PRIMARY KEY (id), 
    CONSTRAINT dashboard_configs_folder_id_fkey FOREIGN KEY(folder_id) REFERENCES dashboard_folders (id) ON DELETE SET NULL, 
    CONSTRAINT dashboard_configs_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON TABLE dashboard_configs IS 'Dashboards that users arranged.';

COMMENT ON COLUMN dashboard_configs.id IS 'Identifies the dashboard.';

COMMENT ON COLUMN dashboard_configs.user_id IS 'Owner of the dashboard.';

COMMENT ON COLUMN dashboard_configs.folder_id IS 'Folder that the dashboard lies in; NULL: at the top.';

COMMENT ON COLUMN dashboard_configs.name IS 'Title of the dashboard.';

COMMENT ON COLUMN dashboard_configs.description IS 'Note of the owner.';

COMMENT ON COLUMN dashboard_configs.is_shared IS 'Whether other users may see it.';

COMMENT ON COLUMN dashboard_configs.is_deleted IS 'Removed by its owner, and hidden.';

COMMENT ON COLUMN dashboard_configs.layout IS 'Widgets with their place and size on the grid.';

COMMENT ON COLUMN dashboard_configs.options IS 'Settings of the dashboard as a whole.';

COMMENT ON COLUMN dashboard_configs.created_at IS 'When the dashboard was made (UTC instant).';

COMMENT ON COLUMN dashboard_configs.updated_at IS 'When the dashboard last changed (UTC instant); the writer sets it.';

CREATE INDEX idx_dashboard_configs_created ON dashboard_configs (created_at);

CREATE INDEX idx_dashboard_configs_folder ON dashboard_configs (folder_id) WHERE is_deleted = false;

CREATE INDEX idx_dashboard_configs_shared ON dashboard_configs (is_shared) WHERE is_deleted = false;

CREATE INDEX idx_dashboard_configs_updated ON dashboard_configs (updated_at);

CREATE INDEX idx_dashboard_configs_user ON dashboard_configs (user_id) WHERE is_deleted = false;

CREATE TABLE system_settings (
    key TEXT NOT NULL, 
    value JSONB DEFAULT '{}' NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT system_settings_pkey PRIMARY KEY (key)
);

COMMENT ON TABLE system_settings IS 'Settings of the installation, one row a key.';

COMMENT ON COLUMN system_settings.key IS 'Name of the setting.';

COMMENT ON COLUMN system_settings.value IS 'The setting, any JSON value.';

COMMENT ON COLUMN system_settings.updated_at IS 'When the setting last changed (UTC instant); the writer sets it.';

CREATE TABLE audit_events (
    id SERIAL NOT NULL, 
    ts TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    action TEXT NOT NULL, 
    outcome TEXT NOT NULL, 
    actor_user_id UUID, 
    ip INET, 
    target_type TEXT, 
    target_id TEXT, 
    metadata JSONB, 
    CONSTRAINT audit_events_pkey PRIMARY KEY (id), 
    CONSTRAINT audit_events_actor_user_id_fkey FOREIGN KEY(actor_user_id) REFERENCES users (id)
);

COMMENT ON TABLE audit_events IS 'Audit trail; rows are added and never changed.';

COMMENT ON COLUMN audit_events.id IS 'Identifies the event.';

COMMENT ON COLUMN audit_events.ts IS 'When it happened (UTC instant).';

COMMENT ON COLUMN audit_events.action IS 'What was done, such as auth.login or connection.delete.';

COMMENT ON COLUMN audit_events.outcome IS 'How it ended: success, failure, or info (nothing to judge).';

COMMENT ON COLUMN audit_events.actor_user_id IS 'User who did it; NULL: the application or someone unknown.';

COMMENT ON COLUMN audit_events.ip IS 'Address that the request came from.';

COMMENT ON COLUMN audit_events.target_type IS 'Kind of thing it was done to, such as connection.';

COMMENT ON COLUMN audit_events.target_id IS 'Key of the thing it was done to, as text.';

COMMENT ON COLUMN audit_events.metadata IS 'Details of the action.';

CREATE INDEX idx_audit_events_ts ON audit_events (ts);

CREATE TABLE jobs (
    id UUID DEFAULT gen_random_uuid() NOT NULL, 
    type TEXT NOT NULL, 
    status TEXT DEFAULT 'queued' NOT NULL, 
    params JSONB, 
    progress JSONB, 
    result JSONB, 
    error TEXT, 
    cancellation_requested BOOLEAN DEFAULT false NOT NULL, 
    started_at TIMESTAMP WITH TIME ZONE, 
    finished_at TIMESTAMP WITH TIME ZONE, 
    completed_at TIMESTAMP WITH TIME ZONE, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    worker_id TEXT, 
    attempt INTEGER DEFAULT 0 NOT NULL, 
    max_attempts INTEGER DEFAULT 1 NOT NULL, 
    run_at TIMESTAMP WITH TIME ZONE, 
    last_heartbeat_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT jobs_pkey PRIMARY KEY (id)
);

COMMENT ON TABLE jobs IS 'Background jobs and how far they are.';

COMMENT ON COLUMN jobs.id IS 'Identifies the job.';

COMMENT ON COLUMN jobs.type IS 'Kind of work, such as delete_tags.';

COMMENT ON COLUMN jobs.status IS 'Stage: queued, running, completed, failed, cancelling or cancelled.';

COMMENT ON COLUMN jobs.params IS 'What to do, as the type of job asks for it.';

COMMENT ON COLUMN jobs.progress IS 'How far it is, such as percent, message and counts.';

COMMENT ON COLUMN jobs.result IS 'What it brought, once completed.';

COMMENT ON COLUMN jobs.error IS 'Why it failed.';

COMMENT ON COLUMN jobs.cancellation_requested IS 'Whether a user asked it to stop; the worker looks here.';

COMMENT ON COLUMN jobs.started_at IS 'When a worker began (UTC instant).';

COMMENT ON COLUMN jobs.finished_at IS 'Former end of the job (UTC instant); completed_at replaces it.';

COMMENT ON COLUMN jobs.completed_at IS 'When it ended, well or not (UTC instant).';

COMMENT ON COLUMN jobs.created_at IS 'When it was queued (UTC instant).';

COMMENT ON COLUMN jobs.updated_at IS 'When the row last changed (UTC instant); the writer sets it.';

COMMENT ON COLUMN jobs.worker_id IS 'Worker that took the job.';

COMMENT ON COLUMN jobs.attempt IS 'How many times it was started (count).';

COMMENT ON COLUMN jobs.max_attempts IS 'How many times it may be started (count).';

COMMENT ON COLUMN jobs.run_at IS 'Not before this instant (UTC); NULL: at once.';

COMMENT ON COLUMN jobs.last_heartbeat_at IS 'Last sign of life of the worker (UTC instant), while running.';

CREATE INDEX idx_jobs_status_created ON jobs (status, created_at);

CREATE INDEX idx_jobs_type ON jobs (type);

CREATE INDEX idx_jobs_worker ON jobs (worker_id);

CREATE INDEX jobs_queue_idx ON jobs (status, run_at, created_at) WHERE status = 'queued';

CREATE INDEX jobs_running_idx ON jobs (status, last_heartbeat_at) WHERE status = 'running';

CREATE TABLE eip_device_cache (
    host TEXT NOT NULL, 
    vendor TEXT, 
    product_name TEXT, 
    product_code INTEGER, 
    serial TEXT, 
    revision_major INTEGER, 
    revision_minor INTEGER, 
    max_cip_connections INTEGER DEFAULT 8, 
    product_family TEXT, 
    discovered_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    CONSTRAINT eip_device_cache_pkey PRIMARY KEY (host)
);

COMMENT ON TABLE eip_device_cache IS 'EtherNet/IP devices found by discovery; a cache, safe to empty.';

COMMENT ON COLUMN eip_device_cache.host IS 'Host name or IP address of the device.';

COMMENT ON COLUMN eip_device_cache.vendor IS 'Maker of the device.';

COMMENT ON COLUMN eip_device_cache.product_name IS 'Product name that the device reports.';

COMMENT ON COLUMN eip_device_cache.product_code IS 'Product code of the maker (CIP identity object).';

COMMENT ON COLUMN eip_device_cache.serial IS 'Serial number that the device reports.';

COMMENT ON COLUMN eip_device_cache.revision_major IS 'Firmware revision, first part.';

COMMENT ON COLUMN eip_device_cache.revision_minor IS 'Firmware revision, second part.';

COMMENT ON COLUMN eip_device_cache.max_cip_connections IS 'Most CIP connections it accepts (count).';

COMMENT ON COLUMN eip_device_cache.product_family IS 'Family of controllers, such as ControlLogix.';

COMMENT ON COLUMN eip_device_cache.discovered_at IS 'When discovery first saw it (UTC instant).';

COMMENT ON COLUMN eip_device_cache.last_seen_at IS 'When discovery last saw it (UTC instant).';

CREATE INDEX idx_eip_device_cache_last_seen ON eip_device_cache (last_seen_at);

CREATE INDEX idx_eip_device_cache_product ON eip_device_cache (product_name);

CREATE TABLE eip_tag_cache (
    connection_id UUID NOT NULL, 
    tag_path TEXT NOT NULL, 
    tag_name TEXT, 
    data_type TEXT, 
    data_type_name TEXT, 
    tag_type TEXT, 
    dimensions INTEGER[], 
    external_access TEXT, 
    program TEXT, 
    is_alias BOOLEAN DEFAULT false, 
    instance_id INTEGER, 
    cached_at TIMESTAMP WITH TIME ZONE DEFAULT now(), 
    CONSTRAINT eip_tag_cache_pkey PRIMARY KEY (connection_id, tag_path), 
    CONSTRAINT eip_tag_cache_tag_type_check CHECK (tag_type IN ('atomic', 'struct')), 
    CONSTRAINT eip_tag_cache_connection_id_fkey FOREIGN KEY(connection_id) REFERENCES connections (id) ON DELETE CASCADE
);

COMMENT ON TABLE eip_tag_cache IS 'Tags found in EtherNet/IP controllers; a cache, safe to empty.';

COMMENT ON COLUMN eip_tag_cache.connection_id IS 'Connection that was browsed.';

COMMENT ON COLUMN eip_tag_cache.tag_path IS 'Full address of the tag in the controller.';

COMMENT ON COLUMN eip_tag_cache.tag_name IS 'Last part of the address, for display.';

COMMENT ON COLUMN eip_tag_cache.data_type IS 'Type as the controller encodes it.';

COMMENT ON COLUMN eip_tag_cache.data_type_name IS 'Type in words, such as DINT or the name of a structure.';

COMMENT ON COLUMN eip_tag_cache.tag_type IS 'Kind of value: atomic (one value) or struct (members).';

COMMENT ON COLUMN eip_tag_cache.dimensions IS 'Length of each array dimension (elements).';

COMMENT ON COLUMN eip_tag_cache.external_access IS 'Access from outside that the controller grants, in its words.';

COMMENT ON COLUMN eip_tag_cache.program IS 'Program that the tag is local to; NULL: controller scope.';

COMMENT ON COLUMN eip_tag_cache.is_alias IS 'Whether the tag is another name of a second tag.';

COMMENT ON COLUMN eip_tag_cache.instance_id IS 'CIP symbol instance of the tag, for faster reads.';

COMMENT ON COLUMN eip_tag_cache.cached_at IS 'When browsing found it (UTC instant); old rows are read again.';

CREATE INDEX idx_eip_tag_cache_cached_at ON eip_tag_cache (cached_at);

CREATE INDEX idx_eip_tag_cache_name ON eip_tag_cache (tag_name);

CREATE INDEX idx_eip_tag_cache_program ON eip_tag_cache (program);

CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

CREATE TRIGGER trigger_connections_updated_at BEFORE UPDATE ON connections FOR EACH ROW EXECUTE FUNCTION set_updated_at();

CREATE TRIGGER trigger_tag_metadata_updated_at BEFORE UPDATE ON tag_metadata FOR EACH ROW EXECUTE FUNCTION set_updated_at();

INSERT INTO alembic_version (version_num) VALUES ('meta_001') RETURNING alembic_version.version_num;

CREATE TABLE IF NOT EXISTS schema_history (
    applied_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    revision TEXT NOT NULL, 
    direction TEXT NOT NULL, 
    duration_ms FLOAT NOT NULL, 
    checksum TEXT NOT NULL, 
    package_version TEXT NOT NULL, 
    PRIMARY KEY (applied_at, revision)
);

COMMENT ON TABLE schema_history IS 'What happened to the schema: one row a revision that ran or was stamped.';

COMMENT ON COLUMN schema_history.applied_at IS 'When the revision ran or was stamped (UTC instant).';

COMMENT ON COLUMN schema_history.revision IS 'Which revision, such as meta_001.';

COMMENT ON COLUMN schema_history.direction IS 'upgrade, downgrade, stamp (the database was said to be at this revision) or unstamp (it was said to be at none and was at this one).';

COMMENT ON COLUMN schema_history.duration_ms IS 'Time from the beginning of the revision''s transaction (ms).';

COMMENT ON COLUMN schema_history.checksum IS 'SHA-256 of the revision''s file, in hexadecimal.';

COMMENT ON COLUMN schema_history.package_version IS 'Release of dataforeman-schema that did it.';

INSERT INTO schema_history (applied_at, revision, direction, duration_ms, checksum, package_version) VALUES (greatest((SELECT max(schema_history.applied_at) + INTERVAL '1 microsecond' AS anon_1 
FROM schema_history), clock_timestamp()), 'meta_001', 'upgrade', extract(epoch FROM clock_timestamp() - now()) * 1000.0, '1532ab9d99a26eadcc71eee18b02bbbbde825f411df45383111e4edf2e8b080a', '0.3.0');

COMMIT;

BEGIN;

-- Running upgrade meta_001 -> meta_002

INSERT INTO roles (name) SELECT seed.name 
FROM (VALUES ('viewer'), ('admin')) AS seed (name) 
WHERE NOT (EXISTS (SELECT * 
FROM roles 
WHERE roles.name = seed.name)) ON CONFLICT DO NOTHING;

INSERT INTO users (id, email, display_name, is_active) SELECT '00000000-0000-0000-0000-000000000000' AS id, 'system@dataforeman.local' AS email, 'System' AS display_name, true AS is_active 
WHERE NOT (EXISTS (SELECT * 
FROM users 
WHERE users.id = '00000000-0000-0000-0000-000000000000')) ON CONFLICT DO NOTHING;

INSERT INTO poll_groups (group_id, name, poll_rate_ms, description) SELECT seed.group_id, seed.name, seed.poll_rate_ms, seed.description 
FROM (VALUES (1, 'Ultra Fast', 50, 'Critical real-time control (50ms)'), (2, 'Very Fast', 100, 'High-speed monitoring (100ms)'), (3, 'Fast', 250, 'Fast process control (250ms)'), (4, 'Normal', 500, 'Standard monitoring (500ms)'), (5, 'Standard', 1000, 'Default polling rate (1s)'), (6, 'Slow', 2000, 'Slow changing values (2s)'), (7, 'Very Slow', 5000, 'Infrequent updates (5s)'), (8, 'Diagnostic', 10000, 'Equipment diagnostics (10s)'), (9, 'Hourly', 60000, 'Hourly statistics (1min)'), (10, 'Custom', 30000, 'Custom/flexible rate (30s)')) AS seed (group_id, name, poll_rate_ms, description) 
WHERE NOT (EXISTS (SELECT * 
FROM poll_groups 
WHERE poll_groups.group_id = seed.group_id)) ON CONFLICT DO NOTHING;

INSERT INTO units_of_measure (category, name, symbol) SELECT seed.category, seed.name, seed.symbol 
FROM (VALUES ('Temperature', 'Degrees Celsius', '°C'), ('Temperature', 'Degrees Fahrenheit', '°F'), ('Temperature', 'Kelvin', 'K'), ('Pressure', 'Pascal', 'Pa'), ('Pressure', 'Kilopascal', 'kPa'), ('Pressure', 'Bar', 'bar'), ('Pressure', 'Millibar', 'mbar'), ('Pressure', 'PSI', 'psi'), ('Pressure', 'Atmosphere', 'atm'), ('Flow', 'Liters per second', 'L/s'), ('Flow', 'Liters per minute', 'L/min'), ('Flow', 'Cubic meters per hour', 'm³/h'), ('Flow', 'Cubic feet per minute', 'CFM'), ('Flow', 'Gallons per minute', 'GPM'), ('Level', 'Millimeter', 'mm'), ('Level', 'Centimeter', 'cm'), ('Level', 'Meter', 'm'), ('Level', 'Inch', 'in'), ('Level', 'Foot', 'ft'), ('Level', 'Percent', '%'), ('Electrical', 'Volt', 'V'), ('Electrical', 'Millivolt', 'mV'), ('Electrical', 'Ampere', 'A'), ('Electrical', 'Milliampere', 'mA'), ('Electrical', 'Watt', 'W'), ('Electrical', 'Kilowatt', 'kW'), ('Electrical', 'Megawatt', 'MW'), ('Electrical', 'Volt-Ampere', 'VA'), ('Electrical', 'Kilovolt-Ampere', 'kVA'), ('Electrical', 'Ohm', 'Ω'), ('Electrical', 'Hertz', 'Hz'), ('Speed', 'Meters per second', 'm/s'), ('Speed', 'Kilometers per hour', 'km/h'), ('Speed', 'Miles per hour', 'mph'), ('Speed', 'RPM', 'rpm'), ('Mass', 'Gram', 'g'), ('Mass', 'Kilogram', 'kg'), ('Mass', 'Tonne', 't'), ('Mass', 'Pound', 'lb'), ('Mass', 'Ounce', 'oz'), ('Volume', 'Milliliter', 'mL'), ('Volume', 'Liter', 'L'), ('Volume', 'Cubic meter', 'm³'), ('Volume', 'Gallon', 'gal'), ('Volume', 'Cubic foot', 'ft³'), ('Time', 'Second', 's'), ('Time', 'Minute', 'min'), ('Time', 'Hour', 'h'), ('Dimensionless', 'Count', 'count'), ('Dimensionless', 'Boolean', 'bool'), ('Dimensionless', 'Percentage', '%'), ('Dimensionless', 'Parts per million', 'ppm')) AS seed (category, name, symbol) 
WHERE NOT (EXISTS (SELECT * 
FROM units_of_measure 
WHERE units_of_measure.name = seed.name OR units_of_measure.category = seed.category AND units_of_measure.symbol = seed.symbol)) ON CONFLICT DO NOTHING;

INSERT INTO connections (name, type, enabled, is_system_connection) SELECT 'System' AS name, 'system' AS type, true AS enabled, true AS is_system_connection 
WHERE NOT (EXISTS (SELECT * 
FROM connections 
WHERE connections.is_system_connection OR connections.type = 'system' OR connections.name = 'System')) ON CONFLICT DO NOTHING;

INSERT INTO tag_metadata (driver_type, data_type, is_subscribed, status, metadata, connection_id, tag_path, tag_name) SELECT 'SYSTEM' AS driver_type, 'REAL' AS data_type, true AS is_subscribed, 'active' AS status, '{"source": "system_metrics"}' AS metadata, system.connection_id, seed.tag_path, seed.tag_name 
FROM (SELECT connections.id AS connection_id 
FROM connections 
WHERE connections.is_system_connection OR connections.type = 'system' ORDER BY connections.created_at 
 LIMIT 1) AS system JOIN (VALUES ('cpu_load1', 'CPU Load (1min)'), ('cpu_cap', 'CPU Capacity'), ('cpu_pct', 'CPU Usage %'), ('cpu_host_pct', 'CPU Host %'), ('mem_used_bytes', 'Memory Used (bytes)'), ('mem_limit_bytes', 'Memory Limit (bytes)'), ('mem_pct', 'Memory Usage %'), ('disk_used_bytes', 'Disk Used (bytes)'), ('disk_size_bytes', 'Disk Size (bytes)'), ('disk_pct', 'Disk Usage %'), ('net_rx_bps', 'Network RX (bps)'), ('net_tx_bps', 'Network TX (bps)'), ('last_flush_count', 'Last Flush Count'), ('last_flush_ms', 'Last Flush Time (ms)'), ('connectivity_groups', 'Connectivity Groups'), ('worst_eff_ms', 'Worst Efficiency (ms)'), ('worst_target_ms', 'Worst Target (ms)'), ('worst_eff_ratio', 'Worst Efficiency Ratio'), ('total_lock_wait_ms', 'Total Lock Wait (ms)')) AS seed (tag_path, tag_name) ON true 
WHERE NOT (EXISTS (SELECT * 
FROM tag_metadata 
WHERE tag_metadata.connection_id = system.connection_id AND tag_metadata.tag_path = seed.tag_path AND tag_metadata.driver_type = 'SYSTEM')) ON CONFLICT DO NOTHING;

UPDATE alembic_version SET version_num='meta_002' WHERE alembic_version.version_num = 'meta_001';

CREATE TABLE IF NOT EXISTS schema_history (
    applied_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    revision TEXT NOT NULL, 
    direction TEXT NOT NULL, 
    duration_ms FLOAT NOT NULL, 
    checksum TEXT NOT NULL, 
    package_version TEXT NOT NULL, 
    PRIMARY KEY (applied_at, revision)
);

INSERT INTO schema_history (applied_at, revision, direction, duration_ms, checksum, package_version) VALUES (greatest((SELECT max(schema_history.applied_at) + INTERVAL '1 microsecond' AS anon_1 
FROM schema_history), clock_timestamp()), 'meta_002', 'upgrade', extract(epoch FROM clock_timestamp() - now()) * 1000.0, '7a4fccf297dd80b43dbee88c1d41d74d1103ca313ea006b60a9c8529ac8f71a2', '0.3.0');

COMMIT;

BEGIN;

-- Running upgrade meta_002 -> meta_003

COMMENT ON COLUMN auth_identities.provider_user_id IS 'The user''s name at the provider; for local, the user''s id.';

COMMENT ON COLUMN auth_identities.secret_hash IS 'argon2id hash of the password; NULL where the provider keeps the secret.';

COMMENT ON COLUMN chart_configs.folder_id IS 'Folder that the chart lies in; NULL: at the top or, as the application keeps it, in options (folder_id).';

COMMENT ON COLUMN chart_configs.options IS 'Tags, axes, colours and the rest of the drawing; the application keeps folder_id and sort_order here, too.';

COMMENT ON COLUMN dashboard_configs.folder_id IS 'Folder that the dashboard lies in; NULL: at the top or, as the application keeps it, in options (folder_id).';

COMMENT ON COLUMN dashboard_configs.options IS 'Settings of the dashboard as a whole; the application keeps folder_id and sort_order here, too.';

UPDATE alembic_version SET version_num='meta_003' WHERE alembic_version.version_num = 'meta_002';

CREATE TABLE IF NOT EXISTS schema_history (
    applied_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    revision TEXT NOT NULL, 
    direction TEXT NOT NULL, 
    duration_ms FLOAT NOT NULL, 
    checksum TEXT NOT NULL, 
    package_version TEXT NOT NULL, 
    PRIMARY KEY (applied_at, revision)
);

INSERT INTO schema_history (applied_at, revision, direction, duration_ms, checksum, package_version) VALUES (greatest((SELECT max(schema_history.applied_at) + INTERVAL '1 microsecond' AS anon_1 
FROM schema_history), clock_timestamp()), 'meta_003', 'upgrade', extract(epoch FROM clock_timestamp() - now()) * 1000.0, '6c9ce7b4c94624136076d221c1758f14814be01e12f4cf4c3ad84da9b822ccb5', '0.3.0');

COMMIT;
