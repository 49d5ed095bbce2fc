"""The service's own tables, in a schema of their own."""

from uuid import UUID

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from dataforeman_schema.meta import User

SCHEMA = "reports"


class Base(DeclarativeBase):
    """Base of the service's own models."""

    metadata = MetaData(schema=SCHEMA)


class Report(Base):
    """What a user wants to know of some tags; gone when the user is."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    owner: Mapped[User] = relationship(lazy="raise_on_sql")
