"""Who may use DataForeman: users, how they prove who they are, what they may do."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dataforeman_schema.base import MetaBase
from dataforeman_schema.types import (
    bool_false,
    bool_true,
    inet,
    serial_pk,
    timestamp_now,
    timestamp_touched,
    uuid_pk,
)

if TYPE_CHECKING:
    from typing import Unpack

    from dataforeman_schema.meta.constructors import (
        AuthIdentityArguments,
        RoleArguments,
        UserArguments,
        UserPermissionArguments,
        UserRoleArguments,
        UserSessionArguments,
    )
    from dataforeman_schema.meta.visualization import (
        ChartConfig,
        ChartFolder,
        DashboardConfig,
        DashboardFolder,
    )


class User(MetaBase):
    """A person, or the application itself, that the core API lets in.

    Deleting a user deletes what belongs to it alone: identities, role memberships,
    permissions, sessions, folders, charts and dashboards. Audit events keep a user
    from being deleted: deactivate it instead.

    Written and read by the core API.
    """

    __tablename__ = "users"
    __table_args__ = ({"comment": "User accounts; the core API signs them in."},)

    id: Mapped[uuid_pk] = mapped_column(comment="Identifies the user.")
    email: Mapped[str] = mapped_column(
        unique=True, comment="Address the user signs in with; one account an address."
    )
    display_name: Mapped[str | None] = mapped_column(
        comment="Name shown to other users; NULL: show the address."
    )
    is_active: Mapped[bool_true] = mapped_column(
        comment="Whether the user may sign in; false keeps the account but locks it."
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the account was made (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the account last changed (UTC instant); the writer sets it."
    )

    identities: Mapped[list["AuthIdentity"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    role_links: Mapped[list["UserRole"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    roles: AssociationProxy[list["Role"]] = association_proxy(
        "role_links", "role", creator=lambda role: UserRole(role=role)
    )
    permissions: Mapped[list["UserPermission"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    sessions: Mapped[list["UserSession"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    chart_folders: Mapped[list["ChartFolder"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    charts: Mapped[list["ChartConfig"]] = relationship(
        back_populates="user", cascade="all", passive_deletes=True
    )
    dashboard_folders: Mapped[list["DashboardFolder"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )
    dashboards: Mapped[list["DashboardConfig"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[UserArguments]) -> None: ...


class AuthIdentity(MetaBase):
    """One way for a user to prove who they are; the core API checks it at sign-in.

    Written and read by the core API.
    """

    __tablename__ = "auth_identities"
    __table_args__ = (
        UniqueConstraint("provider", "provider_user_id"),
        {"comment": "Sign-in credentials of users, one row a provider and account."},
    )

    id: Mapped[serial_pk] = mapped_column(comment="Identifies the credential.")
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        comment="User that this credential signs in.",
    )
    provider: Mapped[str] = mapped_column(
        comment="Who vouches for the user, such as local (password kept here)."
    )
    provider_user_id: Mapped[str] = mapped_column(
        comment="The user's name at the provider; for local, the user's id."
    )
    secret_hash: Mapped[str | None] = mapped_column(
        comment=(
            "argon2id hash of the password; NULL where the provider keeps the secret."
        )
    )
    failed_attempts: Mapped[int] = mapped_column(
        server_default=text("0"), comment="Failed sign-ins since the last success."
    )
    locked_until: Mapped[datetime | None] = mapped_column(
        comment="No sign-in before this instant (UTC); NULL: not locked."
    )
    last_login_at: Mapped[datetime | None] = mapped_column(
        comment="Last successful sign-in (UTC instant); NULL: never."
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the credential was added (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched] = mapped_column(
        comment="When the credential last changed (UTC instant); the writer sets it."
    )

    user: Mapped[User] = relationship(back_populates="identities")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[AuthIdentityArguments]) -> None: ...


class Role(MetaBase):
    """A named set of rights; the core API gives them to the role's users.

    Written by the seed and the core API; read by the core API.
    """

    __tablename__ = "roles"
    __table_args__ = ({"comment": "Roles that users can hold."},)

    id: Mapped[serial_pk] = mapped_column(comment="Identifies the role.")
    name: Mapped[str] = mapped_column(
        unique=True, comment="Name the application knows it by, such as admin, viewer."
    )

    user_links: Mapped[list["UserRole"]] = relationship(
        back_populates="role", cascade="all, delete-orphan", passive_deletes=True
    )
    users: AssociationProxy[list[User]] = association_proxy(
        "user_links", "user", creator=lambda user: UserRole(user=user)
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[RoleArguments]) -> None: ...


class UserRole(MetaBase):
    """The membership of one user in one role.

    Written and read by the core API.
    """

    __tablename__ = "user_roles"
    __table_args__ = ({"comment": "Which user holds which role."},)

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        comment="User that holds the role.",
    )
    role_id: Mapped[int] = mapped_column(
        ForeignKey("roles.id", ondelete="CASCADE"),
        primary_key=True,
        comment="Role that the user holds.",
    )

    user: Mapped[User] = relationship(back_populates="role_links")
    role: Mapped[Role] = relationship(back_populates="user_links")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[UserRoleArguments]) -> None: ...


class UserPermission(MetaBase):
    """What one user may do with one feature; the core API asks on every request.

    Written and read by the core API.
    """

    __tablename__ = "user_permissions"
    __table_args__ = (
        Index("idx_user_permissions_feature", "feature"),
        {"comment": "Rights of a user on a feature; no row: no right."},
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        comment="User that the rights are for.",
    )
    feature: Mapped[str] = mapped_column(
        primary_key=True,
        comment="Part of the application, such as dashboards or connectivity.tags.",
    )
    can_create: Mapped[bool_false | None] = mapped_column(comment="May add items.")
    can_read: Mapped[bool_false | None] = mapped_column(comment="May see items.")
    can_update: Mapped[bool_false | None] = mapped_column(comment="May change items.")
    can_delete: Mapped[bool_false | None] = mapped_column(comment="May remove items.")
    created_at: Mapped[timestamp_now | None] = mapped_column(
        comment="When the rights were first given (UTC instant)."
    )
    updated_at: Mapped[timestamp_touched | None] = mapped_column(
        comment="When the rights last changed (UTC instant); the writer sets it."
    )

    user: Mapped[User] = relationship(back_populates="permissions")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[UserPermissionArguments]) -> None: ...


class UserSession(MetaBase):
    """One sign-in that is kept alive by a refresh token; the core API rotates it.

    Written and read by the core API.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index("idx_sessions_user_expires", "user_id", "expires_at"),
        Index("idx_sessions_user_created", "user_id", "created_at"),
        Index(
            "idx_sessions_last_activity",
            "last_activity_at",
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(
            "sessions_active_idx",
            "user_id",
            postgresql_where=text("revoked_at IS NULL"),
        ),
        {"comment": "Sign-ins of users, one row a refresh token."},
    )

    id: Mapped[serial_pk] = mapped_column(comment="Identifies the session.")
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), comment="User that signed in."
    )
    jti: Mapped[UUID] = mapped_column(
        unique=True, comment="Identifier inside the refresh token (JWT claim jti)."
    )
    refresh_hash: Mapped[str] = mapped_column(
        comment="Hash of the refresh token; the token itself is never stored."
    )
    user_agent: Mapped[str | None] = mapped_column(
        comment="User-Agent header of the browser that signed in."
    )
    ip: Mapped[inet | None] = mapped_column(
        comment="Address that the sign-in came from."
    )
    created_at: Mapped[timestamp_now] = mapped_column(
        comment="When the user signed in or the token was rotated (UTC instant)."
    )
    expires_at: Mapped[datetime] = mapped_column(
        comment="When the token ends (UTC instant)."
    )
    revoked_at: Mapped[datetime | None] = mapped_column(
        comment="When the token was withdrawn (UTC instant); NULL: still good."
    )
    replaced_by_jti: Mapped[UUID | None] = mapped_column(
        comment="jti of the token that rotation put in this one's place."
    )
    last_activity_at: Mapped[timestamp_now | None] = mapped_column(
        comment="Last request made with the session (UTC instant)."
    )

    user: Mapped[User] = relationship(back_populates="sessions")

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[UserSessionArguments]) -> None: ...
