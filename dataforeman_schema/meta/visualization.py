"""What users look at: charts, dashboards and the folders they keep them in."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dataforeman_schema.base import MetaBase
from dataforeman_schema.meta.auth import User
from dataforeman_schema.types import (
    bool_false,
    bool_true,
    jsonb_object,
    one_of,
    timestamp_now,
    timestamp_touched,
    uuid_pk,
)

if TYPE_CHECKING:
    from typing import Unpack

    from dataforeman_schema.meta.constructors import (
        ChartConfigArguments,
        ChartFolderArguments,
        DashboardConfigArguments,
        DashboardFolderArguments,
    )

TimeMode = Literal["fixed", "rolling", "shifted"]


class ChartFolder(MetaBase):
    """A folder of one user's charts. Deleting it deletes the folders inside it.

    The charts in it stay and lose their folder.

    Written and read by the core API.
    """

    __tablename__ = "chart_folders"
    __table_args__ = (
        Index("idx_chart_folders_user", "user_id"),
        Index("idx_chart_folders_parent", "parent_folder_id"),
        {"comment": "Folders that users sort their charts into."},
    )

    id: Mapped[uuid_pk] = mapped_column(comment="Identifies the folder.")
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), comment="Owner of the folder."
    )
    name: Mapped[str] = mapped_column(String(255), comment="Name that the owner gave.")
    description: Mapped[str | None] = mapped_column(comment="Note of the owner.")
    parent_folder_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("chart_folders.id", ondelete="CASCADE"),
        comment="Folder that this one lies in; NULL: at the top.",
    )
    sort_order: Mapped[int] = mapped_column(
        server_default=text("0"), comment="Place among its siblings, lowest first."
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the folder was made (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the folder last changed (UTC instant); the writer sets it."
    )

    user: Mapped[User] = relationship(back_populates="chart_folders")
    parent: Mapped["ChartFolder | None"] = relationship(
        back_populates="children", remote_side="ChartFolder.id"
    )
    children: Mapped[list["ChartFolder"]] = relationship(
        back_populates="parent", cascade="all", passive_deletes=True
    )
    charts: Mapped[list["ChartConfig"]] = relationship(
        back_populates="folder", passive_deletes=True
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[ChartFolderArguments]) -> None: ...


class ChartConfig(MetaBase):
    """A chart that a user saved; the core API draws it from tag_values.

    Written and read by the core API.
    """

    __tablename__ = "chart_configs"
    __table_args__ = (
        one_of("time_mode", TimeMode),
        Index(
            "idx_chart_configs_user",
            "user_id",
            postgresql_where=text("is_deleted = false"),
        ),
        Index(
            "idx_chart_configs_system",
            "is_system_chart",
            postgresql_where=text("is_system_chart = true AND is_deleted = false"),
        ),
        Index(
            "idx_chart_configs_folder",
            "folder_id",
            postgresql_where=text("is_deleted = false"),
        ),
        Index(
            "idx_chart_configs_shared",
            "is_shared",
            postgresql_where=text("is_shared = true AND is_deleted = false"),
        ),
        Index("idx_chart_configs_updated", text("updated_at DESC")),
        {"comment": "Charts that users saved."},
    )

    id: Mapped[uuid_pk] = mapped_column(comment="Identifies the chart.")
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        comment="Owner of the chart; NULL: the application.",
    )
    folder_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("chart_folders.id", ondelete="SET NULL"),
        comment=(
            "Folder that the chart lies in; NULL: at the top or, as the application "
            "keeps it, in options (folder_id)."
        ),
    )
    name: Mapped[str] = mapped_column(comment="Title of the chart.")
    description: Mapped[str | None] = mapped_column(comment="Note of the owner.")
    chart_type: Mapped[str] = mapped_column(
        server_default=text("'line'"), comment="How it is drawn, such as line or bar."
    )
    is_system_chart: Mapped[bool_false] = mapped_column(
        comment="Came with the application; users cannot change it."
    )
    is_deleted: Mapped[bool_false] = mapped_column(
        comment="Removed by its owner, and hidden."
    )
    is_shared: Mapped[bool_false] = mapped_column(
        comment="Whether other users may see it."
    )
    time_mode: Mapped[TimeMode] = mapped_column(
        Text,
        server_default=text("'fixed'"),
        comment="How the time range moves: fixed (time_from to time_to), rolling "
        "(the last time_duration) or shifted (the same, time_offset ago).",
    )
    time_duration: Mapped[int | None] = mapped_column(
        BigInteger, comment="Width of a rolling or shifted range (ms)."
    )
    time_offset: Mapped[int | None] = mapped_column(
        BigInteger,
        server_default=text("0"),
        comment="How far before now a shifted range ends (ms).",
    )
    live_enabled: Mapped[bool_false] = mapped_column(
        comment="Whether the chart opens with live updates on."
    )
    show_time_badge: Mapped[bool_true] = mapped_column(
        comment="Whether the chart shows its time mode."
    )
    time_from: Mapped[datetime | None] = mapped_column(
        comment="Start of a fixed range (UTC instant)."
    )
    time_to: Mapped[datetime | None] = mapped_column(
        comment="End of a fixed range (UTC instant)."
    )
    time_range_ms: Mapped[int | None] = mapped_column(
        BigInteger, comment="Former width of the range (ms); time_duration replaces it."
    )
    options: Mapped[jsonb_object] = mapped_column(
        comment=(
            "Tags, axes, colours and the rest of the drawing; the application keeps "
            "folder_id and sort_order here, too."
        )
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the chart was saved first (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the chart last changed (UTC instant); the writer sets it."
    )

    user: Mapped[User | None] = relationship(back_populates="charts")
    folder: Mapped[ChartFolder | None] = relationship(back_populates="charts")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[ChartConfigArguments]) -> None: ...


class DashboardFolder(MetaBase):
    """A folder of one user's dashboards. Deleting it deletes the folders inside it.

    The dashboards in it stay and lose their folder.

    Written and read by the core API.
    """

    __tablename__ = "dashboard_folders"
    __table_args__ = (
        Index("idx_dashboard_folders_user", "user_id"),
        Index("idx_dashboard_folders_parent", "parent_folder_id"),
        {"comment": "Folders that users sort their dashboards into."},
    )

    id: Mapped[uuid_pk] = mapped_column(comment="Identifies the folder.")
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), comment="Owner of the folder."
    )
    name: Mapped[str] = mapped_column(String(255), comment="Name that the owner gave.")
    description: Mapped[str | None] = mapped_column(comment="Note of the owner.")
    parent_folder_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dashboard_folders.id", ondelete="CASCADE"),
        comment="Folder that this one lies in; NULL: at the top.",
    )
    sort_order: Mapped[int] = mapped_column(
        server_default=text("0"), comment="Place among its siblings, lowest first."
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the folder was made (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the folder last changed (UTC instant); the writer sets it."
    )

    user: Mapped[User] = relationship(back_populates="dashboard_folders")
    parent: Mapped["DashboardFolder | None"] = relationship(
        back_populates="children", remote_side="DashboardFolder.id"
    )
    children: Mapped[list["DashboardFolder"]] = relationship(
        back_populates="parent", cascade="all", passive_deletes=True
    )
    dashboards: Mapped[list["DashboardConfig"]] = relationship(
        back_populates="folder", passive_deletes=True
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[DashboardFolderArguments]) -> None: ...


class DashboardConfig(MetaBase):
    """A dashboard that a user arranged; the core API serves it to the browser.

    Written and read by the core API.
    """

    __tablename__ = "dashboard_configs"
    __table_args__ = (
        Index(
            "idx_dashboard_configs_user",
            "user_id",
            postgresql_where=text("is_deleted = false"),
        ),
        Index(
            "idx_dashboard_configs_folder",
            "folder_id",
            postgresql_where=text("is_deleted = false"),
        ),
        Index(
            "idx_dashboard_configs_shared",
            "is_shared",
            postgresql_where=text("is_deleted = false"),
        ),
        Index("idx_dashboard_configs_created", "created_at"),
        Index("idx_dashboard_configs_updated", "updated_at"),
        {"comment": "Dashboards that users arranged."},
    )

    id: Mapped[uuid_pk] = mapped_column(comment="Identifies the dashboard.")
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), comment="Owner of the dashboard."
    )
    folder_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dashboard_folders.id", ondelete="SET NULL"),
        comment=(
            "Folder that the dashboard lies in; NULL: at the top or, as the "
            "application keeps it, in options (folder_id)."
        ),
    )
    name: Mapped[str] = mapped_column(String(120), comment="Title of the dashboard.")
    description: Mapped[str | None] = mapped_column(comment="Note of the owner.")
    is_shared: Mapped[bool_false] = mapped_column(
        comment="Whether other users may see it."
    )
    is_deleted: Mapped[bool_false] = mapped_column(
        comment="Removed by its owner, and hidden."
    )
    layout: Mapped[jsonb_object] = mapped_column(
        comment="Widgets with their place and size on the grid."
    )
    options: Mapped[jsonb_object] = mapped_column(
        comment=(
            "Settings of the dashboard as a whole; the application keeps folder_id and "
            "sort_order here, too."
        )
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the dashboard was made (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the dashboard last changed (UTC instant); the writer sets it."
    )

    user: Mapped[User] = relationship(back_populates="dashboards")
    folder: Mapped[DashboardFolder | None] = relationship(back_populates="dashboards")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[DashboardConfigArguments]) -> None: ...
