"""The whole schema of the metadata database.

Revision ID: meta_001
Revises:
Created: 2026-11-22
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "meta_001"
down_revision = None
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger()
BOOLEAN = sa.Boolean()
INET = postgresql.INET()
INTEGER = sa.Integer()
JSONB = postgresql.JSONB()
TEXT = sa.Text()
TIMESTAMPTZ = sa.DateTime(timezone=True)
UUID = sa.Uuid()
EMPTY = sa.text("'{}'")
FALSE = sa.text("false")
NOW = sa.text("now()")
RANDOM_UUID = sa.text("gen_random_uuid()")
TRUE = sa.text("true")


def upgrade() -> None:
    """Make every table with its constraints, indexes, comments and triggers."""
    create_auth()
    create_collection()
    create_visualization()
    create_system()
    create_eip()
    create_triggers()


def downgrade() -> None:
    """Drop every table with all its rows."""
    for table in (
        "eip_tag_cache", "eip_device_cache", "jobs", "audit_events", "system_settings",
        "dashboard_configs", "dashboard_folders", "chart_configs", "chart_folders",
        "tag_metadata", "units_of_measure", "poll_groups", "connections", "sessions",
        "user_permissions", "user_roles", "roles", "auth_identities", "users",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION set_updated_at()")


def create_auth() -> None:
    """Create users, what proves who they are, and what they may do."""
    op.create_table("users",
        sa.Column("id", UUID, nullable=False, server_default=RANDOM_UUID, comment="Identifies the user."),
        sa.Column("email", TEXT, nullable=False, comment="Address the user signs in with; one account an address."),
        sa.Column("display_name", TEXT, nullable=True, comment="Name shown to other users; NULL: show the address."),
        sa.Column("is_active", BOOLEAN, nullable=False, server_default=TRUE, comment="Whether the user may sign in; false keeps the account but locks it."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the account was made (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the account last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("email", name=op.f("users_email_key")),
        comment="User accounts; the core API signs them in.")
    op.create_table("auth_identities",
        sa.Column("id", INTEGER, nullable=False, comment="Identifies the credential."),
        sa.Column("user_id", UUID, nullable=False, comment="User that this credential signs in."),
        sa.Column("provider", TEXT, nullable=False, comment="Who vouches for the user, such as local (password kept here)."),
        sa.Column("provider_user_id", TEXT, nullable=False, comment="The user's name at the provider; for local, the e-mail address."),
        sa.Column("secret_hash", TEXT, nullable=True, comment="bcrypt hash of the password; NULL where the provider keeps the secret."),
        sa.Column("failed_attempts", INTEGER, nullable=False, server_default=sa.text("0"), comment="Failed sign-ins since the last success."),
        sa.Column("locked_until", TIMESTAMPTZ, nullable=True, comment="No sign-in before this instant (UTC); NULL: not locked."),
        sa.Column("last_login_at", TIMESTAMPTZ, nullable=True, comment="Last successful sign-in (UTC instant); NULL: never."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the credential was added (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the credential last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("id", name=op.f("auth_identities_pkey")),
        sa.UniqueConstraint("provider", "provider_user_id", name=op.f("auth_identities_provider_provider_user_id_key")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("auth_identities_user_id_fkey"), ondelete="CASCADE"),
        comment="Sign-in credentials of users, one row a provider and account.")
    op.create_table("roles",
        sa.Column("id", INTEGER, nullable=False, comment="Identifies the role."),
        sa.Column("name", TEXT, nullable=False, comment="Name the application knows it by, such as admin, viewer."),
        sa.PrimaryKeyConstraint("id", name=op.f("roles_pkey")),
        sa.UniqueConstraint("name", name=op.f("roles_name_key")),
        comment="Roles that users can hold.")
    op.create_table("user_roles",
        sa.Column("user_id", UUID, nullable=False, comment="User that holds the role."),
        sa.Column("role_id", INTEGER, nullable=False, comment="Role that the user holds."),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("user_roles_pkey")),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("user_roles_role_id_fkey"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("user_roles_user_id_fkey"), ondelete="CASCADE"),
        comment="Which user holds which role.")
    op.create_table("user_permissions",
        sa.Column("user_id", UUID, nullable=False, comment="User that the rights are for."),
        sa.Column("feature", TEXT, nullable=False, comment="Part of the application, such as dashboards or connectivity.tags."),
        sa.Column("can_create", BOOLEAN, nullable=True, server_default=FALSE, comment="May add items."),
        sa.Column("can_read", BOOLEAN, nullable=True, server_default=FALSE, comment="May see items."),
        sa.Column("can_update", BOOLEAN, nullable=True, server_default=FALSE, comment="May change items."),
        sa.Column("can_delete", BOOLEAN, nullable=True, server_default=FALSE, comment="May remove items."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="When the rights were first given (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="When the rights last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("user_id", "feature", name=op.f("user_permissions_pkey")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("user_permissions_user_id_fkey"), ondelete="CASCADE"),
        comment="Rights of a user on a feature; no row: no right.")
    op.create_index("idx_user_permissions_feature", "user_permissions", ["feature"])
    op.create_table("sessions",
        sa.Column("id", INTEGER, nullable=False, comment="Identifies the session."),
        sa.Column("user_id", UUID, nullable=False, comment="User that signed in."),
        sa.Column("jti", UUID, nullable=False, comment="Identifier inside the refresh token (JWT claim jti)."),
        sa.Column("refresh_hash", TEXT, nullable=False, comment="Hash of the refresh token; the token itself is never stored."),
        sa.Column("user_agent", TEXT, nullable=True, comment="User-Agent header of the browser that signed in."),
        sa.Column("ip", postgresql.INET(), nullable=True, comment="Address that the sign-in came from."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the user signed in or the token was rotated (UTC instant)."),
        sa.Column("expires_at", TIMESTAMPTZ, nullable=False, comment="When the token ends (UTC instant)."),
        sa.Column("revoked_at", TIMESTAMPTZ, nullable=True, comment="When the token was withdrawn (UTC instant); NULL: still good."),
        sa.Column("replaced_by_jti", UUID, nullable=True, comment="jti of the token that rotation put in this one's place."),
        sa.Column("last_activity_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="Last request made with the session (UTC instant)."),
        sa.PrimaryKeyConstraint("id", name=op.f("sessions_pkey")),
        sa.UniqueConstraint("jti", name=op.f("sessions_jti_key")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("sessions_user_id_fkey"), ondelete="CASCADE"),
        comment="Sign-ins of users, one row a refresh token.")
    op.create_index("idx_sessions_last_activity", "sessions", ["last_activity_at"], postgresql_where=sa.text("revoked_at IS NULL"))
    op.create_index("idx_sessions_user_created", "sessions", ["user_id", "created_at"])
    op.create_index("idx_sessions_user_expires", "sessions", ["user_id", "expires_at"])
    op.create_index("sessions_active_idx", "sessions", ["user_id"], postgresql_where=sa.text("revoked_at IS NULL"))


def create_collection() -> None:
    """Create connections, poll groups, units and tags."""
    op.create_table("connections",
        sa.Column("id", UUID, nullable=False, server_default=RANDOM_UUID, comment="Identifies the connection in both databases and in messages."),
        sa.Column("name", TEXT, nullable=False, comment="Name that operators see, unique among connections."),
        sa.Column("type", TEXT, nullable=False, comment="Protocol and side: opcua-client, opcua-server, s7 (Siemens S7), eip (EtherNet/IP) or system (DataForeman itself)."),
        sa.Column("enabled", BOOLEAN, nullable=False, server_default=TRUE, comment="Whether the connectivity service opens the connection."),
        sa.Column("config_data", JSONB, nullable=False, server_default=EMPTY, comment="Settings of the protocol, such as host, port, rack and slot."),
        sa.Column("is_system_connection", BOOLEAN, nullable=False, server_default=FALSE, comment="Made by the application; operators cannot edit or remove it."),
        sa.Column("max_tags_per_group", INTEGER, nullable=True, server_default=sa.text("500"), comment="Most tags read in one request (count)."),
        sa.Column("max_concurrent_connections", INTEGER, nullable=True, server_default=sa.text("8"), comment="Most network connections held open to the device (count)."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the connection was added (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the row last changed (UTC instant); a trigger sets it."),
        sa.Column("deleted_at", TIMESTAMPTZ, nullable=True, comment="When an operator removed it (UTC instant); NULL: in use."),
        sa.PrimaryKeyConstraint("id", name=op.f("connections_pkey")),
        sa.UniqueConstraint("name", name=op.f("connections_name_key")),
        sa.CheckConstraint("type IN ('opcua-client', 'opcua-server', 's7', 'eip', 'system')", name=op.f("connections_type_check")),
        comment="Data sources; the connectivity service opens those enabled.")
    op.create_index("idx_connections_deleted_at", "connections", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NULL"))
    op.create_index("idx_connections_enabled", "connections", ["enabled"])
    op.create_index("idx_connections_type", "connections", ["type"])
    op.create_table("poll_groups",
        sa.Column("group_id", INTEGER, autoincrement=False, nullable=False, comment="Identifies the group; assigned by hand, never drawn from a sequence."),
        sa.Column("name", sa.String(50), nullable=False, comment="Name that operators see."),
        sa.Column("poll_rate_ms", INTEGER, nullable=False, comment="Time from one read to the next (ms)."),
        sa.Column("description", TEXT, nullable=True, comment="What the rate is good for."),
        sa.Column("is_active", BOOLEAN, nullable=True, server_default=TRUE, comment="Whether tags may be put in the group."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="When the group was made (UTC instant)."),
        sa.PrimaryKeyConstraint("group_id", name=op.f("poll_groups_pkey")),
        sa.UniqueConstraint("name", name=op.f("poll_groups_name_key")),
        sa.UniqueConstraint("poll_rate_ms", name=op.f("poll_groups_poll_rate_ms_key")),
        comment="Polling rates; the connectivity service needs them to start.")
    op.create_index("idx_poll_groups_active", "poll_groups", ["is_active", "poll_rate_ms"])
    op.create_table("units_of_measure",
        sa.Column("id", INTEGER, nullable=False, comment="Identifies the unit."),
        sa.Column("name", sa.String(100), nullable=False, comment="Full name, such as Degrees Celsius."),
        sa.Column("symbol", sa.String(20), nullable=False, comment="What stands behind a value, such as °C."),
        sa.Column("category", sa.String(50), nullable=False, comment="Quantity that it measures, such as Temperature."),
        sa.Column("is_system", BOOLEAN, nullable=False, server_default=TRUE, comment="Came with the application; false: added by an operator."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the unit was added (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the unit last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("id", name=op.f("units_of_measure_pkey")),
        sa.UniqueConstraint("name", name=op.f("units_of_measure_name_key")),
        comment="Units of measure that a tag's value can have.")
    op.create_index("idx_units_category", "units_of_measure", ["category"])
    op.create_index("idx_units_is_system", "units_of_measure", ["is_system"])
    op.create_table("tag_metadata",
        sa.Column("tag_id", INTEGER, nullable=False, comment="Identifies the tag in both databases and in messages."),
        sa.Column("connection_id", UUID, nullable=False, comment="Connection that the tag is read through."),
        sa.Column("driver_type", TEXT, nullable=False, comment="Driver that reads it: EIP, OPCUA, S7 or SYSTEM (own metrics)."),
        sa.Column("tag_path", TEXT, nullable=False, comment="Address in the device, as the driver writes it."),
        sa.Column("tag_name", TEXT, nullable=True, comment="Name that operators see."),
        sa.Column("is_subscribed", BOOLEAN, nullable=False, server_default=FALSE, comment="Whether the connectivity service reads the tag."),
        sa.Column("is_deleted", BOOLEAN, nullable=False, server_default=FALSE, comment="Removed by an operator; the row stays while readings refer to it."),
        sa.Column("status", TEXT, nullable=True, comment="Stage of life: active, pending_delete, deleting or deleted."),
        sa.Column("original_subscribed", BOOLEAN, nullable=True, comment="is_subscribed as it was before deletion began, to restore it."),
        sa.Column("delete_job_id", INTEGER, nullable=True, comment="Number of the job that deletes the tag; not a key of jobs."),
        sa.Column("delete_started_at", TIMESTAMPTZ, nullable=True, comment="When deletion began (UTC instant)."),
        sa.Column("deleted_at", TIMESTAMPTZ, nullable=True, comment="When deletion was complete (UTC instant)."),
        sa.Column("poll_group_id", INTEGER, nullable=False, server_default=sa.text("5"), comment="Poll group that sets how often it is read."),
        sa.Column("data_type", TEXT, nullable=True, comment="Type of the value in the driver's own words, such as REAL."),
        sa.Column("unit_id", INTEGER, nullable=True, comment="Unit that the value is in; NULL: none."),
        sa.Column("description", TEXT, nullable=True, comment="Note of the operator."),
        sa.Column("metadata", JSONB, nullable=True, server_default=EMPTY, comment="What the driver knows beyond these columns."),
        sa.Column("on_change_enabled", BOOLEAN, nullable=False, server_default=FALSE, comment="Whether a reading is stored only when the value changed."),
        sa.Column("on_change_deadband", sa.REAL(), nullable=True, server_default=sa.text("0.0"), comment="Smallest change that counts: in the tag's unit for absolute, in % (0-100) for percent."),
        sa.Column("on_change_deadband_type", sa.String(20), nullable=True, server_default=sa.text("'absolute'"), comment="How on_change_deadband is meant: absolute or percent."),
        sa.Column("on_change_heartbeat_ms", INTEGER, nullable=True, server_default=sa.text("60000"), comment="An unchanged value is stored after this time (ms); NULL: never."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the tag was added (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the row last changed (UTC instant); a trigger sets it."),
        sa.PrimaryKeyConstraint("tag_id", name=op.f("tag_metadata_pkey")),
        sa.UniqueConstraint("connection_id", "tag_path", "driver_type", name="uq_tag_metadata_unique_tag"),
        sa.CheckConstraint("driver_type IN ('EIP', 'OPCUA', 'S7', 'SYSTEM')", name=op.f("tag_metadata_driver_type_check")),
        sa.CheckConstraint("on_change_deadband_type IN ('absolute', 'percent')", name=op.f("tag_metadata_on_change_deadband_type_check")),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("tag_metadata_connection_id_fkey"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["poll_group_id"], ["poll_groups.group_id"], name=op.f("tag_metadata_poll_group_id_fkey")),
        sa.ForeignKeyConstraint(["unit_id"], ["units_of_measure.id"], name=op.f("tag_metadata_unit_id_fkey"), ondelete="SET NULL"),
        comment="Tags and how the connectivity service collects them.")
    op.create_index("idx_tag_metadata_conn_driver", "tag_metadata", ["connection_id", "driver_type", "is_subscribed"])
    op.create_index("idx_tag_metadata_delete_job", "tag_metadata", ["delete_job_id"])
    op.create_index("idx_tag_metadata_deleted", "tag_metadata", ["is_deleted"], postgresql_where=sa.text("is_deleted = true"))
    op.create_index("idx_tag_metadata_on_change", "tag_metadata", ["connection_id", "on_change_enabled"], postgresql_where=sa.text("on_change_enabled = true AND is_subscribed = true"))
    op.create_index("idx_tag_metadata_poll_group", "tag_metadata", ["connection_id", "poll_group_id"], postgresql_where=sa.text("is_subscribed = true"))
    op.create_index("idx_tag_metadata_status", "tag_metadata", ["connection_id", "status"])
    op.create_index("idx_tag_metadata_subscribed", "tag_metadata", ["connection_id", "is_subscribed"], postgresql_where=sa.text("is_subscribed = true"))
    op.create_index("idx_tag_metadata_unit", "tag_metadata", ["unit_id"])


def create_visualization() -> None:
    """Create charts, dashboards and their folders."""
    op.create_table("chart_folders",
        sa.Column("id", UUID, nullable=False, server_default=RANDOM_UUID, comment="Identifies the folder."),
        sa.Column("user_id", UUID, nullable=False, comment="Owner of the folder."),
        sa.Column("name", sa.String(255), nullable=False, comment="Name that the owner gave."),
        sa.Column("description", TEXT, nullable=True, comment="Note of the owner."),
        sa.Column("parent_folder_id", UUID, nullable=True, comment="Folder that this one lies in; NULL: at the top."),
        sa.Column("sort_order", INTEGER, nullable=False, server_default=sa.text("0"), comment="Place among its siblings, lowest first."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the folder was made (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the folder last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("id", name=op.f("chart_folders_pkey")),
        sa.ForeignKeyConstraint(["parent_folder_id"], ["chart_folders.id"], name=op.f("chart_folders_parent_folder_id_fkey"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("chart_folders_user_id_fkey"), ondelete="CASCADE"),
        comment="Folders that users sort their charts into.")
    op.create_index("idx_chart_folders_parent", "chart_folders", ["parent_folder_id"])
    op.create_index("idx_chart_folders_user", "chart_folders", ["user_id"])
    op.create_table("chart_configs",
        sa.Column("id", UUID, nullable=False, server_default=RANDOM_UUID, comment="Identifies the chart."),
        sa.Column("user_id", UUID, nullable=True, comment="Owner of the chart; NULL: the application."),
        sa.Column("folder_id", UUID, nullable=True, comment="Folder that the chart lies in; NULL: at the top."),
        sa.Column("name", TEXT, nullable=False, comment="Title of the chart."),
        sa.Column("description", TEXT, nullable=True, comment="Note of the owner."),
        sa.Column("chart_type", TEXT, nullable=False, server_default=sa.text("'line'"), comment="How it is drawn, such as line or bar."),
        sa.Column("is_system_chart", BOOLEAN, nullable=False, server_default=FALSE, comment="Came with the application; users cannot change it."),
        sa.Column("is_deleted", BOOLEAN, nullable=False, server_default=FALSE, comment="Removed by its owner, and hidden."),
        sa.Column("is_shared", BOOLEAN, nullable=False, server_default=FALSE, comment="Whether other users may see it."),
        sa.Column("time_mode", TEXT, nullable=False, server_default=sa.text("'fixed'"), comment="How the time range moves: fixed (time_from to time_to), rolling (the last time_duration) or shifted (the same, time_offset ago)."),
        sa.Column("time_duration", BIGINT, nullable=True, comment="Width of a rolling or shifted range (ms)."),
        sa.Column("time_offset", BIGINT, nullable=True, server_default=sa.text("0"), comment="How far before now a shifted range ends (ms)."),
        sa.Column("live_enabled", BOOLEAN, nullable=False, server_default=FALSE, comment="Whether the chart opens with live updates on."),
        sa.Column("show_time_badge", BOOLEAN, nullable=False, server_default=TRUE, comment="Whether the chart shows its time mode."),
        sa.Column("time_from", TIMESTAMPTZ, nullable=True, comment="Start of a fixed range (UTC instant)."),
        sa.Column("time_to", TIMESTAMPTZ, nullable=True, comment="End of a fixed range (UTC instant)."),
        sa.Column("time_range_ms", BIGINT, nullable=True, comment="Former width of the range (ms); time_duration replaces it."),
        sa.Column("options", JSONB, nullable=False, server_default=EMPTY, comment="Tags, axes, colours and the rest of the drawing."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the chart was saved first (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the chart last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("id", name=op.f("chart_configs_pkey")),
        sa.CheckConstraint("time_mode IN ('fixed', 'rolling', 'shifted')", name=op.f("chart_configs_time_mode_check")),
        sa.ForeignKeyConstraint(["folder_id"], ["chart_folders.id"], name=op.f("chart_configs_folder_id_fkey"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("chart_configs_user_id_fkey"), ondelete="CASCADE"),
        comment="Charts that users saved.")
    op.create_index("idx_chart_configs_folder", "chart_configs", ["folder_id"], postgresql_where=sa.text("is_deleted = false"))
    op.create_index("idx_chart_configs_shared", "chart_configs", ["is_shared"], postgresql_where=sa.text("is_shared = true AND is_deleted = false"))
    op.create_index("idx_chart_configs_system", "chart_configs", ["is_system_chart"], postgresql_where=sa.text("is_system_chart = true AND is_deleted = false"))
    op.create_index("idx_chart_configs_updated", "chart_configs", [sa.text("updated_at DESC")])
    op.create_index("idx_chart_configs_user", "chart_configs", ["user_id"], postgresql_where=sa.text("is_deleted = false"))
    op.create_table("dashboard_folders",
        sa.Column("id", UUID, nullable=False, server_default=RANDOM_UUID, comment="Identifies the folder."),
        sa.Column("user_id", UUID, nullable=False, comment="Owner of the folder."),
        sa.Column("name", sa.String(255), nullable=False, comment="Name that the owner gave."),
        sa.Column("description", TEXT, nullable=True, comment="Note of the owner."),
        sa.Column("parent_folder_id", UUID, nullable=True, comment="Folder that this one lies in; NULL: at the top."),
        sa.Column("sort_order", INTEGER, nullable=False, server_default=sa.text("0"), comment="Place among its siblings, lowest first."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the folder was made (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the folder last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("id", name=op.f("dashboard_folders_pkey")),
        sa.ForeignKeyConstraint(["parent_folder_id"], ["dashboard_folders.id"], name=op.f("dashboard_folders_parent_folder_id_fkey"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("dashboard_folders_user_id_fkey"), ondelete="CASCADE"),
        comment="Folders that users sort their dashboards into.")
    op.create_index("idx_dashboard_folders_parent", "dashboard_folders", ["parent_folder_id"])
    op.create_index("idx_dashboard_folders_user", "dashboard_folders", ["user_id"])
    op.create_table("dashboard_configs",
        sa.Column("id", UUID, nullable=False, server_default=RANDOM_UUID, comment="Identifies the dashboard."),
        sa.Column("user_id", UUID, nullable=False, comment="Owner of the dashboard."),
        sa.Column("folder_id", UUID, nullable=True, comment="Folder that the dashboard lies in; NULL: at the top."),
        sa.Column("name", sa.String(120), nullable=False, comment="Title of the dashboard."),
        sa.Column("description", TEXT, nullable=True, comment="Note of the owner."),
        sa.Column("is_shared", BOOLEAN, nullable=False, server_default=FALSE, comment="Whether other users may see it."),
        sa.Column("is_deleted", BOOLEAN, nullable=False, server_default=FALSE, comment="Removed by its owner, and hidden."),
        sa.Column("layout", JSONB, nullable=False, server_default=EMPTY, comment="Widgets with their place and size on the grid."),
        sa.Column("options", JSONB, nullable=False, server_default=EMPTY, comment="Settings of the dashboard as a whole."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the dashboard was made (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the dashboard last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("id", name=op.f("dashboard_configs_pkey")),
        sa.ForeignKeyConstraint(["folder_id"], ["dashboard_folders.id"], name=op.f("dashboard_configs_folder_id_fkey"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("dashboard_configs_user_id_fkey"), ondelete="CASCADE"),
        comment="Dashboards that users arranged.")
    op.create_index("idx_dashboard_configs_created", "dashboard_configs", ["created_at"])
    op.create_index("idx_dashboard_configs_folder", "dashboard_configs", ["folder_id"], postgresql_where=sa.text("is_deleted = false"))
    op.create_index("idx_dashboard_configs_shared", "dashboard_configs", ["is_shared"], postgresql_where=sa.text("is_deleted = false"))
    op.create_index("idx_dashboard_configs_updated", "dashboard_configs", ["updated_at"])
    op.create_index("idx_dashboard_configs_user", "dashboard_configs", ["user_id"], postgresql_where=sa.text("is_deleted = false"))


def create_system() -> None:
    """Create settings, the audit trail and background jobs."""
    op.create_table("system_settings",
        sa.Column("key", TEXT, nullable=False, comment="Name of the setting."),
        sa.Column("value", JSONB, nullable=False, server_default=EMPTY, comment="The setting, any JSON value."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the setting last changed (UTC instant); the writer sets it."),
        sa.PrimaryKeyConstraint("key", name=op.f("system_settings_pkey")),
        comment="Settings of the installation, one row a key.")
    op.create_table("audit_events",
        sa.Column("id", INTEGER, nullable=False, comment="Identifies the event."),
        sa.Column("ts", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When it happened (UTC instant)."),
        sa.Column("action", TEXT, nullable=False, comment="What was done, such as auth.login or connection.delete."),
        sa.Column("outcome", TEXT, nullable=False, comment="How it ended: success, failure, or info (nothing to judge)."),
        sa.Column("actor_user_id", UUID, nullable=True, comment="User who did it; NULL: the application or someone unknown."),
        sa.Column("ip", postgresql.INET(), nullable=True, comment="Address that the request came from."),
        sa.Column("target_type", TEXT, nullable=True, comment="Kind of thing it was done to, such as connection."),
        sa.Column("target_id", TEXT, nullable=True, comment="Key of the thing it was done to, as text."),
        sa.Column("metadata", JSONB, nullable=True, comment="Details of the action."),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_events_pkey")),
        sa.ForeignKeyConstraint(["actor_user_id"], ["users.id"], name=op.f("audit_events_actor_user_id_fkey")),
        comment="Audit trail; rows are added and never changed.")
    op.create_index("idx_audit_events_ts", "audit_events", ["ts"])
    op.create_table("jobs",
        sa.Column("id", UUID, nullable=False, server_default=RANDOM_UUID, comment="Identifies the job."),
        sa.Column("type", TEXT, nullable=False, comment="Kind of work, such as delete_tags."),
        sa.Column("status", TEXT, nullable=False, server_default=sa.text("'queued'"), comment="Stage: queued, running, completed, failed, cancelling or cancelled."),
        sa.Column("params", JSONB, nullable=True, comment="What to do, as the type of job asks for it."),
        sa.Column("progress", JSONB, nullable=True, comment="How far it is, such as percent, message and counts."),
        sa.Column("result", JSONB, nullable=True, comment="What it brought, once completed."),
        sa.Column("error", TEXT, nullable=True, comment="Why it failed."),
        sa.Column("cancellation_requested", BOOLEAN, nullable=False, server_default=FALSE, comment="Whether a user asked it to stop; the worker looks here."),
        sa.Column("started_at", TIMESTAMPTZ, nullable=True, comment="When a worker began (UTC instant)."),
        sa.Column("finished_at", TIMESTAMPTZ, nullable=True, comment="Former end of the job (UTC instant); completed_at replaces it."),
        sa.Column("completed_at", TIMESTAMPTZ, nullable=True, comment="When it ended, well or not (UTC instant)."),
        sa.Column("created_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When it was queued (UTC instant)."),
        sa.Column("updated_at", TIMESTAMPTZ, nullable=False, server_default=NOW, comment="When the row last changed (UTC instant); the writer sets it."),
        sa.Column("worker_id", TEXT, nullable=True, comment="Worker that took the job."),
        sa.Column("attempt", INTEGER, nullable=False, server_default=sa.text("0"), comment="How many times it was started (count)."),
        sa.Column("max_attempts", INTEGER, nullable=False, server_default=sa.text("1"), comment="How many times it may be started (count)."),
        sa.Column("run_at", TIMESTAMPTZ, nullable=True, comment="Not before this instant (UTC); NULL: at once."),
        sa.Column("last_heartbeat_at", TIMESTAMPTZ, nullable=True, comment="Last sign of life of the worker (UTC instant), while running."),
        sa.PrimaryKeyConstraint("id", name=op.f("jobs_pkey")),
        comment="Background jobs and how far they are.")
    op.create_index("idx_jobs_status_created", "jobs", ["status", "created_at"])
    op.create_index("idx_jobs_type", "jobs", ["type"])
    op.create_index("idx_jobs_worker", "jobs", ["worker_id"])
    op.create_index("jobs_queue_idx", "jobs", ["status", "run_at", "created_at"], postgresql_where=sa.text("status = 'queued'"))
    op.create_index("jobs_running_idx", "jobs", ["status", "last_heartbeat_at"], postgresql_where=sa.text("status = 'running'"))


def create_eip() -> None:
    """Create what EtherNet/IP discovery found."""
    op.create_table("eip_device_cache",
        sa.Column("host", TEXT, nullable=False, comment="Host name or IP address of the device."),
        sa.Column("vendor", TEXT, nullable=True, comment="Maker of the device."),
        sa.Column("product_name", TEXT, nullable=True, comment="Product name that the device reports."),
        sa.Column("product_code", INTEGER, nullable=True, comment="Product code of the maker (CIP identity object)."),
        sa.Column("serial", TEXT, nullable=True, comment="Serial number that the device reports."),
        sa.Column("revision_major", INTEGER, nullable=True, comment="Firmware revision, first part."),
        sa.Column("revision_minor", INTEGER, nullable=True, comment="Firmware revision, second part."),
        sa.Column("max_cip_connections", INTEGER, nullable=True, server_default=sa.text("8"), comment="Most CIP connections it accepts (count)."),
        sa.Column("product_family", TEXT, nullable=True, comment="Family of controllers, such as ControlLogix."),
        sa.Column("discovered_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="When discovery first saw it (UTC instant)."),
        sa.Column("last_seen_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="When discovery last saw it (UTC instant)."),
        sa.PrimaryKeyConstraint("host", name=op.f("eip_device_cache_pkey")),
        comment="EtherNet/IP devices found by discovery; a cache, safe to empty.")
    op.create_index("idx_eip_device_cache_last_seen", "eip_device_cache", ["last_seen_at"])
    op.create_index("idx_eip_device_cache_product", "eip_device_cache", ["product_name"])
    op.create_table("eip_tag_cache",
        sa.Column("connection_id", UUID, nullable=False, comment="Connection that was browsed."),
        sa.Column("tag_path", TEXT, nullable=False, comment="Full address of the tag in the controller."),
        sa.Column("tag_name", TEXT, nullable=True, comment="Last part of the address, for display."),
        sa.Column("data_type", TEXT, nullable=True, comment="Type as the controller encodes it."),
        sa.Column("data_type_name", TEXT, nullable=True, comment="Type in words, such as DINT or the name of a structure."),
        sa.Column("tag_type", TEXT, nullable=True, comment="Kind of value: atomic (one value) or struct (members)."),
        sa.Column("dimensions", sa.ARRAY(sa.Integer()), nullable=True, comment="Length of each array dimension (elements)."),
        sa.Column("external_access", TEXT, nullable=True, comment="Access from outside that the controller grants, in its words."),
        sa.Column("program", TEXT, nullable=True, comment="Program that the tag is local to; NULL: controller scope."),
        sa.Column("is_alias", BOOLEAN, nullable=True, server_default=FALSE, comment="Whether the tag is another name of a second tag."),
        sa.Column("instance_id", INTEGER, nullable=True, comment="CIP symbol instance of the tag, for faster reads."),
        sa.Column("cached_at", TIMESTAMPTZ, nullable=True, server_default=NOW, comment="When browsing found it (UTC instant); old rows are read again."),
        sa.PrimaryKeyConstraint("connection_id", "tag_path", name=op.f("eip_tag_cache_pkey")),
        sa.CheckConstraint("tag_type IN ('atomic', 'struct')", name=op.f("eip_tag_cache_tag_type_check")),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("eip_tag_cache_connection_id_fkey"), ondelete="CASCADE"),
        comment="Tags found in EtherNet/IP controllers; a cache, safe to empty.")
    op.create_index("idx_eip_tag_cache_cached_at", "eip_tag_cache", ["cached_at"])
    op.create_index("idx_eip_tag_cache_name", "eip_tag_cache", ["tag_name"])
    op.create_index("idx_eip_tag_cache_program", "eip_tag_cache", ["program"])


def create_triggers() -> None:
    """Let the server keep updated_at where the connectivity service watches it."""
    op.execute("CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp "
               "AS $$\nBEGIN\n  NEW.updated_at := now();\n  RETURN NEW;\nEND\n$$")
    for table in ("connections", "tag_metadata"):
        op.execute(f"CREATE TRIGGER trigger_{table}_updated_at BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()")
