"""What the core API tells the connectivity service of connections."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from dataforeman_schema.messages.base import (
    Closed,
    Count,
    DriverName,
    Identifier,
    Message,
    Omittable,
    Port,
)


class Auth(Closed):
    """How the connectivity service proves to the device who it is.

    Not shown by `repr`. `pass` is a word of Python: read it as `pass_`.
    """

    user: Omittable[str] = None
    pass_: Omittable[str] = Field(None, alias="pass", repr=False)
    cert: Omittable[str] = None
    key: Omittable[str] = Field(None, repr=False)
    ca: Omittable[str] = None


class ConnectionConfig(Closed):
    """A connection, as the connectivity service opens it.

    `id`, `name`, `type` and `enabled` are columns of connections; `subscribe` and
    `write_acl` list tags by tag_metadata.tag_id. Spans are in ms.
    """

    id: Identifier
    name: Omittable[str] = None
    type: DriverName
    enabled: bool
    endpoint: Omittable[str] = None
    host: Omittable[str] = None
    port: Omittable[Port] = None
    slot: Omittable[Count] = None
    rack: Omittable[Count] = None
    timeout_ms: Omittable[Count] = Field(None, alias="timeoutMs")
    poll_ms: Omittable[Count] = None
    auth: Omittable[Auth] = None
    subscribe: Omittable[list[Count]] = None
    write_acl: Omittable[list[Count]] = None
    driver_opts: Omittable[dict[str, Any]] = None


class ConnectivityConfig(Message):
    """connectivity.config@v1: a connection was added or changed, or removed.

    Read the field `schema` as `schema_`.
    """

    schema_: Literal["connectivity.config@v1"] = Field(alias="schema")
    op: Literal["upsert", "delete"]
    id: Omittable[Identifier] = None
    conn: Omittable[ConnectionConfig] = None

    @model_validator(mode="after")
    def _needs_its_subject(self) -> Self:
        needed = "conn" if self.op == "upsert" else "id"
        if getattr(self, needed) is None:
            raise ValueError(f"{self.op} requires {needed}")
        return self
