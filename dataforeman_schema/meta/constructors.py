"""What the constructors of the models take, for type checkers.

Written by `make docs` from the models; change those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Required, TypedDict

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from dataforeman_schema.meta.auth import (
        AuthIdentity,
        Role,
        User,
        UserPermission,
        UserRole,
        UserSession,
    )
    from dataforeman_schema.meta.collection import (
        Connection,
        ConnectionType,
        DeadbandType,
        DriverType,
        PollGroup,
        Tag,
        Unit,
    )
    from dataforeman_schema.meta.eip import EipTag, EipTagType
    from dataforeman_schema.meta.visualization import (
        ChartConfig,
        ChartFolder,
        DashboardConfig,
        DashboardFolder,
        TimeMode,
    )
    from dataforeman_schema.types import (
        bool_false,
        bool_true,
        inet,
        jsonb_object,
        serial_pk,
        timestamp_now,
        timestamp_touched,
        uuid_pk,
    )


class AuditEventArguments(TypedDict, total=False):
    """What `AuditEvent` takes."""

    id: serial_pk
    ts: timestamp_now
    action: Required[str]
    outcome: Required[str]
    actor_user_id: UUID | None
    ip: inet | None
    target_type: str | None
    target_id: str | None
    metadata_: dict[str, Any] | None
    actor: User | None


class AuthIdentityArguments(TypedDict, total=False):
    """What `AuthIdentity` takes."""

    id: serial_pk
    user_id: UUID
    provider: Required[str]
    provider_user_id: Required[str]
    secret_hash: str | None
    failed_attempts: int
    locked_until: datetime | None
    last_login_at: datetime | None
    created_at: timestamp_now
    updated_at: timestamp_touched
    user: User


class ChartConfigArguments(TypedDict, total=False):
    """What `ChartConfig` takes."""

    id: uuid_pk
    user_id: UUID | None
    folder_id: UUID | None
    name: Required[str]
    description: str | None
    chart_type: str
    is_system_chart: bool_false
    is_deleted: bool_false
    is_shared: bool_false
    time_mode: TimeMode
    time_duration: int | None
    time_offset: int | None
    live_enabled: bool_false
    show_time_badge: bool_true
    time_from: datetime | None
    time_to: datetime | None
    time_range_ms: int | None
    options: jsonb_object
    created_at: timestamp_now
    updated_at: timestamp_touched
    user: User | None
    folder: ChartFolder | None


class ChartFolderArguments(TypedDict, total=False):
    """What `ChartFolder` takes."""

    id: uuid_pk
    user_id: UUID
    name: Required[str]
    description: str | None
    parent_folder_id: UUID | None
    sort_order: int
    created_at: timestamp_now
    updated_at: timestamp_touched
    user: User
    parent: ChartFolder | None
    children: list[ChartFolder]
    charts: list[ChartConfig]


class ConnectionArguments(TypedDict, total=False):
    """What `Connection` takes."""

    id: uuid_pk
    name: Required[str]
    type: Required[ConnectionType]
    enabled: bool_true
    config_data: jsonb_object
    is_system_connection: bool_false
    max_tags_per_group: int | None
    max_concurrent_connections: int | None
    created_at: timestamp_now
    updated_at: timestamp_touched
    deleted_at: datetime | None
    tags: list[Tag]
    eip_tags: list[EipTag]


class DashboardConfigArguments(TypedDict, total=False):
    """What `DashboardConfig` takes."""

    id: uuid_pk
    user_id: UUID
    folder_id: UUID | None
    name: Required[str]
    description: str | None
    is_shared: bool_false
    is_deleted: bool_false
    layout: jsonb_object
    options: jsonb_object
    created_at: timestamp_now
    updated_at: timestamp_touched
    user: User
    folder: DashboardFolder | None


class DashboardFolderArguments(TypedDict, total=False):
    """What `DashboardFolder` takes."""

    id: uuid_pk
    user_id: UUID
    name: Required[str]
    description: str | None
    parent_folder_id: UUID | None
    sort_order: int
    created_at: timestamp_now
    updated_at: timestamp_touched
    user: User
    parent: DashboardFolder | None
    children: list[DashboardFolder]
    dashboards: list[DashboardConfig]


class EipDeviceArguments(TypedDict, total=False):
    """What `EipDevice` takes."""

    host: Required[str]
    vendor: str | None
    product_name: str | None
    product_code: int | None
    serial: str | None
    revision_major: int | None
    revision_minor: int | None
    max_cip_connections: int | None
    product_family: str | None
    discovered_at: timestamp_now | None
    last_seen_at: timestamp_now | None


class EipTagArguments(TypedDict, total=False):
    """What `EipTag` takes."""

    connection_id: UUID
    tag_path: Required[str]
    tag_name: str | None
    data_type: str | None
    data_type_name: str | None
    tag_type: EipTagType | None
    dimensions: list[int] | None
    external_access: str | None
    program: str | None
    is_alias: bool_false | None
    instance_id: int | None
    cached_at: timestamp_now | None
    connection: Connection


class JobArguments(TypedDict, total=False):
    """What `Job` takes."""

    id: uuid_pk
    type: Required[str]
    status: str
    params: dict[str, Any] | None
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    error: str | None
    cancellation_requested: bool_false
    started_at: datetime | None
    finished_at: datetime | None
    completed_at: datetime | None
    created_at: timestamp_now
    updated_at: timestamp_touched
    worker_id: str | None
    attempt: int
    max_attempts: int
    run_at: datetime | None
    last_heartbeat_at: datetime | None


class PollGroupArguments(TypedDict, total=False):
    """What `PollGroup` takes."""

    group_id: Required[int]
    name: Required[str]
    poll_rate_ms: Required[int]
    description: str | None
    is_active: bool_true | None
    created_at: timestamp_now | None
    tags: list[Tag]


class RoleArguments(TypedDict, total=False):
    """What `Role` takes."""

    id: serial_pk
    name: Required[str]
    user_links: list[UserRole]
    users: list[User]


class SystemSettingArguments(TypedDict, total=False):
    """What `SystemSetting` takes."""

    key: Required[str]
    value: Any
    updated_at: timestamp_touched


class TagArguments(TypedDict, total=False):
    """What `Tag` takes."""

    tag_id: serial_pk
    connection_id: UUID
    driver_type: Required[DriverType]
    tag_path: Required[str]
    tag_name: str | None
    is_subscribed: bool_false
    is_deleted: bool_false
    status: str | None
    original_subscribed: bool | None
    delete_job_id: int | None
    delete_started_at: datetime | None
    deleted_at: datetime | None
    poll_group_id: int
    data_type: str | None
    unit_id: int | None
    description: str | None
    metadata_: dict[str, Any] | None
    on_change_enabled: bool_false
    on_change_deadband: float | None
    on_change_deadband_type: DeadbandType | None
    on_change_heartbeat_ms: int | None
    created_at: timestamp_now
    updated_at: timestamp_touched
    connection: Connection
    poll_group: PollGroup
    unit: Unit | None


class UnitArguments(TypedDict, total=False):
    """What `Unit` takes."""

    id: serial_pk
    name: Required[str]
    symbol: Required[str]
    category: Required[str]
    is_system: bool_true
    created_at: timestamp_now
    updated_at: timestamp_touched
    tags: list[Tag]


class UserArguments(TypedDict, total=False):
    """What `User` takes."""

    id: uuid_pk
    email: Required[str]
    display_name: str | None
    is_active: bool_true
    created_at: timestamp_now
    updated_at: timestamp_touched
    identities: list[AuthIdentity]
    role_links: list[UserRole]
    roles: list[Role]
    permissions: list[UserPermission]
    sessions: list[UserSession]
    chart_folders: list[ChartFolder]
    charts: list[ChartConfig]
    dashboard_folders: list[DashboardFolder]
    dashboards: list[DashboardConfig]


class UserPermissionArguments(TypedDict, total=False):
    """What `UserPermission` takes."""

    user_id: UUID
    feature: Required[str]
    can_create: bool_false | None
    can_read: bool_false | None
    can_update: bool_false | None
    can_delete: bool_false | None
    created_at: timestamp_now | None
    updated_at: timestamp_touched | None
    user: User


class UserRoleArguments(TypedDict, total=False):
    """What `UserRole` takes."""

    user_id: UUID
    role_id: int
    user: User
    role: Role


class UserSessionArguments(TypedDict, total=False):
    """What `UserSession` takes."""

    id: serial_pk
    user_id: UUID
    jti: Required[UUID]
    refresh_hash: Required[str]
    user_agent: str | None
    ip: inet | None
    created_at: timestamp_now
    expires_at: Required[datetime]
    revoked_at: datetime | None
    replaced_by_jti: UUID | None
    last_activity_at: timestamp_now | None
    user: User
