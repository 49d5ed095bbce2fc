"""Models of the metadata database: everything but the readings themselves."""

from dataforeman_schema.collector import paused_collector

with paused_collector():
    from dataforeman_schema.base import MetaBase
    from dataforeman_schema.meta.auth import (
        AuthIdentity,
        Role,
        User,
        UserPermission,
        UserRole,
        UserSession,
    )
    from dataforeman_schema.meta.collection import (
        TAG_STATUSES,
        Connection,
        ConnectionType,
        DeadbandType,
        DriverType,
        PollGroup,
        Tag,
        Unit,
    )
    from dataforeman_schema.meta.eip import EipDevice, EipTag, EipTagType
    from dataforeman_schema.meta.system import (
        AUDIT_OUTCOMES,
        JOB_STATUSES,
        AuditEvent,
        Job,
        SystemSetting,
    )
    from dataforeman_schema.meta.triggers import attach
    from dataforeman_schema.meta.visualization import (
        ChartConfig,
        ChartFolder,
        DashboardConfig,
        DashboardFolder,
        TimeMode,
    )

__all__ = [
    "AUDIT_OUTCOMES",
    "JOB_STATUSES",
    "TAG_STATUSES",
    "AuditEvent",
    "AuthIdentity",
    "ChartConfig",
    "ChartFolder",
    "Connection",
    "ConnectionType",
    "DashboardConfig",
    "DashboardFolder",
    "DeadbandType",
    "DriverType",
    "EipDevice",
    "EipTag",
    "EipTagType",
    "Job",
    "MetaBase",
    "PollGroup",
    "Role",
    "SystemSetting",
    "Tag",
    "TimeMode",
    "Unit",
    "User",
    "UserPermission",
    "UserRole",
    "UserSession",
    "metadata",
]

metadata = MetaBase.metadata
attach(metadata)
