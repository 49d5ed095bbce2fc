"""How the application runs: settings, background jobs and the audit trail."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dataforeman_schema.base import MetaBase
from dataforeman_schema.meta.auth import User
from dataforeman_schema.types import (
    bool_false,
    inet,
    json_value,
    serial_pk,
    timestamp_now,
    timestamp_touched,
    uuid_pk,
)

if TYPE_CHECKING:
    from typing import Unpack

    from dataforeman_schema.meta.constructors import (
        AuditEventArguments,
        JobArguments,
        SystemSettingArguments,
    )

AUDIT_OUTCOMES: Final = ("success", "failure", "info")
"""The known values of `AuditEvent.outcome`; the server takes any text."""

JOB_STATUSES: Final = (
    "queued",
    "running",
    "completed",
    "failed",
    "cancelling",
    "cancelled",
)
"""The known values of `Job.status`; the server takes any text."""


class SystemSetting(MetaBase):
    """One setting of the whole installation; every service reads them.

    Written by the core API; read by every service.
    """

    __tablename__ = "system_settings"
    __table_args__ = ({"comment": "Settings of the installation, one row a key."},)

    key: Mapped[str] = mapped_column(primary_key=True, comment="Name of the setting.")
    value: Mapped[Any] = mapped_column(
        json_value(),
        nullable=False,
        server_default=text("'{}'"),
        comment="The setting, any JSON value.",
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the setting last changed (UTC instant); the writer sets it."
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[SystemSettingArguments]) -> None: ...


class AuditEvent(MetaBase):
    """Something that a user or the application did; written by the core API.

    Written and read by the core API.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("idx_audit_events_ts", "ts"),
        {"comment": "Audit trail; rows are added and never changed."},
    )

    id: Mapped[serial_pk] = mapped_column(comment="Identifies the event.")
    ts: Mapped[timestamp_now] = mapped_column(comment="When it happened (UTC instant).")
    action: Mapped[str] = mapped_column(
        comment="What was done, such as auth.login or connection.delete."
    )
    outcome: Mapped[str] = mapped_column(
        comment="How it ended: success, failure, or info (nothing to judge)."
    )
    actor_user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id"),
        comment="User who did it; NULL: the application or someone unknown.",
    )
    ip: Mapped[inet | None] = mapped_column(
        comment="Address that the request came from."
    )
    target_type: Mapped[str | None] = mapped_column(
        comment="Kind of thing it was done to, such as connection."
    )
    target_id: Mapped[str | None] = mapped_column(
        comment="Key of the thing it was done to, as text."
    )
    metadata_: Mapped[dict[str, Any] | None] = mapped_column(
        "metadata", comment="Details of the action."
    )

    actor: Mapped[User | None] = relationship()

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[AuditEventArguments]) -> None: ...


class Job(MetaBase):
    """A piece of background work that the core API queues and a worker does.

    Written and read by the core API and its workers.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("idx_jobs_status_created", "status", "created_at"),
        Index("idx_jobs_type", "type"),
        Index("idx_jobs_worker", "worker_id"),
        Index(
            "jobs_queue_idx",
            "status",
            "run_at",
            "created_at",
            postgresql_where=text("status = 'queued'"),
        ),
        Index(
            "jobs_running_idx",
            "status",
            "last_heartbeat_at",
            postgresql_where=text("status = 'running'"),
        ),
        {"comment": "Background jobs and how far they are."},
    )

    id: Mapped[uuid_pk] = mapped_column(comment="Identifies the job.")
    type: Mapped[str] = mapped_column(comment="Kind of work, such as delete_tags.")
    status: Mapped[str] = mapped_column(
        server_default=text("'queued'"),
        comment="Stage: queued, running, completed, failed, cancelling or cancelled.",
    )
    params: Mapped[dict[str, Any] | None] = mapped_column(
        comment="What to do, as the type of job asks for it."
    )
    progress: Mapped[dict[str, Any] | None] = mapped_column(
        comment="How far it is, such as percent, message and counts."
    )
    result: Mapped[dict[str, Any] | None] = mapped_column(
        comment="What it brought, once completed."
    )
    error: Mapped[str | None] = mapped_column(comment="Why it failed.")
    cancellation_requested: Mapped[bool_false] = mapped_column(
        comment="Whether a user asked it to stop; the worker looks here."
    )
    started_at: Mapped[datetime | None] = mapped_column(
        comment="When a worker began (UTC instant)."
    )
    finished_at: Mapped[datetime | None] = mapped_column(
        comment="Former end of the job (UTC instant); completed_at replaces it."
    )
    completed_at: Mapped[datetime | None] = mapped_column(
        comment="When it ended, well or not (UTC instant)."
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When it was queued (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the row last changed (UTC instant); the writer sets it."
    )
    worker_id: Mapped[str | None] = mapped_column(comment="Worker that took the job.")
    attempt: Mapped[int] = mapped_column(
        server_default=text("0"), comment="How many times it was started (count)."
    )
    max_attempts: Mapped[int] = mapped_column(
        server_default=text("1"), comment="How many times it may be started (count)."
    )
    run_at: Mapped[datetime | None] = mapped_column(
        comment="Not before this instant (UTC); NULL: at once."
    )
    last_heartbeat_at: Mapped[datetime | None] = mapped_column(
        comment="Last sign of life of the worker (UTC instant), while running."
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[JobArguments]) -> None: ...
