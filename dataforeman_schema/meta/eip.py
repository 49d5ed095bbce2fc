"""What EtherNet/IP discovery found, kept so that browsing need not ask again."""

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Integer, Text, text
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dataforeman_schema.base import MetaBase
from dataforeman_schema.meta.collection import Connection
from dataforeman_schema.types import bool_false, one_of, timestamp_now

if TYPE_CHECKING:
    from typing import Unpack

    from dataforeman_schema.meta.constructors import EipDeviceArguments, EipTagArguments

EipTagType = Literal["atomic", "struct"]


class EipDevice(MetaBase):
    """An EtherNet/IP device that the connectivity service met on the network.

    Written by the connectivity service; read by the core API.
    """

    __tablename__ = "eip_device_cache"
    __table_args__ = (
        Index("idx_eip_device_cache_last_seen", "last_seen_at"),
        Index("idx_eip_device_cache_product", "product_name"),
        {"comment": "EtherNet/IP devices found by discovery; a cache, safe to empty."},
    )

    host: Mapped[str] = mapped_column(
        primary_key=True, comment="Host name or IP address of the device."
    )
    vendor: Mapped[str | None] = mapped_column(comment="Maker of the device.")
    product_name: Mapped[str | None] = mapped_column(
        comment="Product name that the device reports."
    )
    product_code: Mapped[int | None] = mapped_column(
        comment="Product code of the maker (CIP identity object)."
    )
    serial: Mapped[str | None] = mapped_column(
        comment="Serial number that the device reports."
    )
    revision_major: Mapped[int | None] = mapped_column(
        comment="Firmware revision, first part."
    )
    revision_minor: Mapped[int | None] = mapped_column(
        comment="Firmware revision, second part."
    )
    max_cip_connections: Mapped[int | None] = mapped_column(
        server_default=text("8"), comment="Most CIP connections it accepts (count)."
    )
    product_family: Mapped[str | None] = mapped_column(
        comment="Family of controllers, such as ControlLogix."
    )
    discovered_at: Mapped[timestamp_now | None] = mapped_column(
        comment="When discovery first saw it (UTC instant)."
    )
    last_seen_at: Mapped[timestamp_now | None] = mapped_column(
        comment="When discovery last saw it (UTC instant)."
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[EipDeviceArguments]) -> None: ...


class EipTag(MetaBase):
    """A tag that browsing found in a controller; the core API shows it for choice.

    Written by the connectivity service; read by the core API.
    """

    __tablename__ = "eip_tag_cache"
    __table_args__ = (
        one_of("tag_type", EipTagType),
        Index("idx_eip_tag_cache_name", "tag_name"),
        Index("idx_eip_tag_cache_program", "program"),
        Index("idx_eip_tag_cache_cached_at", "cached_at"),
        {"comment": "Tags found in EtherNet/IP controllers; a cache, safe to empty."},
    )

    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("connections.id", ondelete="CASCADE"),
        primary_key=True,
        comment="Connection that was browsed.",
    )
    tag_path: Mapped[str] = mapped_column(
        primary_key=True, comment="Full address of the tag in the controller."
    )
    tag_name: Mapped[str | None] = mapped_column(
        comment="Last part of the address, for display."
    )
    data_type: Mapped[str | None] = mapped_column(
        comment="Type as the controller encodes it."
    )
    data_type_name: Mapped[str | None] = mapped_column(
        comment="Type in words, such as DINT or the name of a structure."
    )
    tag_type: Mapped[EipTagType | None] = mapped_column(
        Text, comment="Kind of value: atomic (one value) or struct (members)."
    )
    dimensions: Mapped[list[int] | None] = mapped_column(
        MutableList.as_mutable(ARRAY(Integer)),
        comment="Length of each array dimension (elements).",
    )
    external_access: Mapped[str | None] = mapped_column(
        comment="Access from outside that the controller grants, in its words."
    )
    program: Mapped[str | None] = mapped_column(
        comment="Program that the tag is local to; NULL: controller scope."
    )
    is_alias: Mapped[bool_false | None] = mapped_column(
        comment="Whether the tag is another name of a second tag."
    )
    instance_id: Mapped[int | None] = mapped_column(
        comment="CIP symbol instance of the tag, for faster reads."
    )
    cached_at: Mapped[timestamp_now | None] = mapped_column(
        comment="When browsing found it (UTC instant); old rows are read again."
    )

    connection: Mapped[Connection] = relationship(back_populates="eip_tags")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[EipTagArguments]) -> None: ...
