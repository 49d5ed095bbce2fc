"""What the next release adds to the metadata database: one thing of every kind."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.ddl import CreateView

from dataforeman_schema.base import MetaBase
from dataforeman_schema.meta import seed
from dataforeman_schema.meta.auth import Role
from dataforeman_schema.types import one_of, serial_pk

NextStatus = Literal["now", "later"]


class NextTable(MetaBase):
    """A further table, with a key to one that holds seed rows.

    Written and read by the core API.
    """

    __tablename__ = "next_table"
    __table_args__ = (
        one_of("status", NextStatus),
        Index("idx_next_table_user", "user_id"),
        {"comment": "What the next release keeps."},
    )

    id: Mapped[serial_pk] = mapped_column(comment="Identifies the row.")
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), comment="Who made the row."
    )
    status: Mapped[NextStatus] = mapped_column(Text, comment="When: now or later.")


for mapper in MetaBase.registry.mappers:
    model: Any = mapper.class_
    model.next_column = mapped_column(
        Text, nullable=True, comment="A note; NULL: there is none."
    )


CreateView(
    select(NextTable.id, NextTable.__table__.c.next_column),
    "next_view",
    metadata=MetaBase.metadata,
)

seed.ROLES = (*seed.ROLES, "next")  # type: ignore[assignment]
seed.SEED = (
    *seed.SEED,
    seed.SeedRow("roles", "next", Role.name == "next", {"name": "next"}),
)
