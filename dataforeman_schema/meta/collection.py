"""What is read from the plant: connections, poll groups, units and tags."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from sqlalchemy import REAL, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dataforeman_schema.base import MetaBase
from dataforeman_schema.types import (
    bool_false,
    bool_true,
    jsonb_object,
    one_of,
    serial_pk,
    timestamp_now,
    timestamp_touched,
    uuid_pk,
)

if TYPE_CHECKING:
    from typing import Unpack

    from dataforeman_schema.meta.constructors import (
        ConnectionArguments,
        PollGroupArguments,
        TagArguments,
        UnitArguments,
    )
    from dataforeman_schema.meta.eip import EipTag

ConnectionType = Literal["opcua-client", "opcua-server", "s7", "eip", "system"]
DriverType = Literal["EIP", "OPCUA", "S7", "SYSTEM"]
DeadbandType = Literal["absolute", "percent"]

TAG_STATUSES: Final = ("active", "pending_delete", "deleting", "deleted")
"""The known values of `Tag.status`; the server takes any text."""


class Connection(MetaBase):
    """A device or server that the connectivity service talks to.

    The row of type system stands for DataForeman itself and carries the tags of its
    own metrics. Deleting a connection deletes its tags.

    Written by the core API; read by the core API and the connectivity service.
    """

    __tablename__ = "connections"
    __table_args__ = (
        one_of("type", ConnectionType),
        Index("idx_connections_type", "type"),
        Index("idx_connections_enabled", "enabled"),
        Index(
            "idx_connections_deleted_at",
            "deleted_at",
            postgresql_where=text("deleted_at IS NULL"),
        ),
        {"comment": "Data sources; the connectivity service opens those enabled."},
    )

    id: Mapped[uuid_pk] = mapped_column(
        comment="Identifies the connection in both databases and in messages."
    )
    name: Mapped[str] = mapped_column(
        unique=True, comment="Name that operators see, unique among connections."
    )
    type: Mapped[ConnectionType] = mapped_column(
        Text,
        comment="Protocol and side: opcua-client, opcua-server, s7 (Siemens S7), "
        "eip (EtherNet/IP) or system (DataForeman itself).",
    )
    enabled: Mapped[bool_true] = mapped_column(
        comment="Whether the connectivity service opens the connection."
    )
    config_data: Mapped[jsonb_object] = mapped_column(
        comment="Settings of the protocol, such as host, port, rack and slot."
    )
    is_system_connection: Mapped[bool_false] = mapped_column(
        comment="Made by the application; operators cannot edit or remove it."
    )
    max_tags_per_group: Mapped[int | None] = mapped_column(
        server_default=text("500"), comment="Most tags read in one request (count)."
    )
    max_concurrent_connections: Mapped[int | None] = mapped_column(
        server_default=text("8"),
        comment="Most network connections held open to the device (count).",
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the connection was added (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the row last changed (UTC instant); a trigger sets it."
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        comment="When an operator removed it (UTC instant); NULL: in use."
    )

    tags: Mapped[list["Tag"]] = relationship(
        back_populates="connection", cascade="all, delete-orphan", passive_deletes=True
    )
    eip_tags: Mapped[list["EipTag"]] = relationship(
        back_populates="connection", cascade="all, delete-orphan", passive_deletes=True
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[ConnectionArguments]) -> None: ...


class PollGroup(MetaBase):
    """A rate at which the connectivity service reads the tags of the group.

    A group cannot be deleted while tags are in it.

    Written by the seed and the core API; read by the core API and the connectivity
    service.
    """

    __tablename__ = "poll_groups"
    __table_args__ = (
        Index("idx_poll_groups_active", "is_active", "poll_rate_ms"),
        {"comment": "Polling rates; the connectivity service needs them to start."},
    )

    group_id: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        comment="Identifies the group; assigned by hand, never drawn from a sequence.",
    )
    name: Mapped[str] = mapped_column(
        String(50), unique=True, comment="Name that operators see."
    )
    poll_rate_ms: Mapped[int] = mapped_column(
        unique=True, comment="Time from one read to the next (ms)."
    )
    description: Mapped[str | None] = mapped_column(
        comment="What the rate is good for."
    )
    is_active: Mapped[bool_true | None] = mapped_column(
        comment="Whether tags may be put in the group."
    )
    created_at: Mapped[timestamp_now | None] = mapped_column(
        comment="When the group was made (UTC instant)."
    )

    tags: Mapped[list["Tag"]] = relationship(
        back_populates="poll_group", passive_deletes="all"
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[PollGroupArguments]) -> None: ...


class Unit(MetaBase):
    """A unit of measure that tags are shown in; the core API lists them by category.

    Written by the seed and the core API; read by the core API.
    """

    __tablename__ = "units_of_measure"
    __table_args__ = (
        Index("idx_units_category", "category"),
        Index("idx_units_is_system", "is_system"),
        {"comment": "Units of measure that a tag's value can have."},
    )

    id: Mapped[serial_pk] = mapped_column(comment="Identifies the unit.")
    name: Mapped[str] = mapped_column(
        String(100), unique=True, comment="Full name, such as Degrees Celsius."
    )
    symbol: Mapped[str] = mapped_column(
        String(20), comment="What stands behind a value, such as °C."
    )
    category: Mapped[str] = mapped_column(
        String(50), comment="Quantity that it measures, such as Temperature."
    )
    is_system: Mapped[bool_true] = mapped_column(
        comment="Came with the application; false: added by an operator."
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the unit was added (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the unit last changed (UTC instant); the writer sets it."
    )

    tags: Mapped[list["Tag"]] = relationship(
        back_populates="unit", passive_deletes=True
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[UnitArguments]) -> None: ...


class Tag(MetaBase):
    """A value that a device offers, and how the connectivity service collects it.

    Its readings are the rows of tag_values with the same connection_id and tag_id, in
    the telemetry database.

    Written by the core API; read by the core API and the connectivity service.
    """

    __tablename__ = "tag_metadata"
    __table_args__ = (
        UniqueConstraint(
            "connection_id",
            "tag_path",
            "driver_type",
            name="uq_tag_metadata_unique_tag",
        ),
        one_of("driver_type", DriverType),
        one_of("on_change_deadband_type", DeadbandType),
        Index(
            "idx_tag_metadata_conn_driver",
            "connection_id",
            "driver_type",
            "is_subscribed",
        ),
        Index(
            "idx_tag_metadata_subscribed",
            "connection_id",
            "is_subscribed",
            postgresql_where=text("is_subscribed = true"),
        ),
        Index(
            "idx_tag_metadata_deleted",
            "is_deleted",
            postgresql_where=text("is_deleted = true"),
        ),
        Index(
            "idx_tag_metadata_poll_group",
            "connection_id",
            "poll_group_id",
            postgresql_where=text("is_subscribed = true"),
        ),
        Index("idx_tag_metadata_delete_job", "delete_job_id"),
        Index("idx_tag_metadata_status", "connection_id", "status"),
        Index("idx_tag_metadata_unit", "unit_id"),
        Index(
            "idx_tag_metadata_on_change",
            "connection_id",
            "on_change_enabled",
            postgresql_where=text("on_change_enabled = true AND is_subscribed = true"),
        ),
        {"comment": "Tags and how the connectivity service collects them."},
    )

    tag_id: Mapped[serial_pk] = mapped_column(
        comment="Identifies the tag in both databases and in messages."
    )
    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connections.id", ondelete="CASCADE"),
        comment="Connection that the tag is read through.",
    )
    driver_type: Mapped[DriverType] = mapped_column(
        Text, comment="Driver that reads it: EIP, OPCUA, S7 or SYSTEM (own metrics)."
    )
    tag_path: Mapped[str] = mapped_column(
        comment="Address in the device, as the driver writes it."
    )
    tag_name: Mapped[str | None] = mapped_column(comment="Name that operators see.")
    is_subscribed: Mapped[bool_false] = mapped_column(
        comment="Whether the connectivity service reads the tag."
    )
    is_deleted: Mapped[bool_false] = mapped_column(
        comment="Removed by an operator; the row stays while readings refer to it."
    )
    status: Mapped[str | None] = mapped_column(
        Text,
        comment="Stage of life: active, pending_delete, deleting or deleted.",
    )
    original_subscribed: Mapped[bool | None] = mapped_column(
        comment="is_subscribed as it was before deletion began, to restore it."
    )
    delete_job_id: Mapped[int | None] = mapped_column(
        comment="Number of the job that deletes the tag; not a key of jobs."
    )
    delete_started_at: Mapped[datetime | None] = mapped_column(
        comment="When deletion began (UTC instant)."
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        comment="When deletion was complete (UTC instant)."
    )
    poll_group_id: Mapped[int] = mapped_column(
        ForeignKey("poll_groups.group_id"),
        server_default=text("5"),
        comment="Poll group that sets how often it is read.",
    )
    data_type: Mapped[str | None] = mapped_column(
        comment="Type of the value in the driver's own words, such as REAL."
    )
    unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("units_of_measure.id", ondelete="SET NULL"),
        comment="Unit that the value is in; NULL: none.",
    )
    description: Mapped[str | None] = mapped_column(comment="Note of the operator.")
    metadata_: Mapped[dict[str, Any] | None] = mapped_column(
        "metadata",
        server_default=text("'{}'"),
        comment="What the driver knows beyond these columns.",
    )
    on_change_enabled: Mapped[bool_false] = mapped_column(
        comment="Whether a reading is stored only when the value changed."
    )
    on_change_deadband: Mapped[float | None] = mapped_column(
        REAL,
        server_default=text("0.0"),
        comment="Smallest change that counts: in the tag's unit for absolute, "
        "in % (0-100) for percent.",
    )
    on_change_deadband_type: Mapped[DeadbandType | None] = mapped_column(
        String(20),
        server_default=text("'absolute'"),
        comment="How on_change_deadband is meant: absolute or percent.",
    )
    on_change_heartbeat_ms: Mapped[int | None] = mapped_column(
        server_default=text("60000"),
        comment="An unchanged value is stored after this time (ms); NULL: never.",
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the tag was added (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the row last changed (UTC instant); a trigger sets it."
    )

    connection: Mapped[Connection] = relationship(back_populates="tags")
    poll_group: Mapped[PollGroup] = relationship(back_populates="tags")
    unit: Mapped[Unit | None] = relationship(back_populates="tags")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[TagArguments]) -> None: ...
