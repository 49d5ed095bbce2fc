"""Which field of which message is which column.

It says what the schema of the field must be and what the column must be, so a change of
either fails `check_messages` until the other follows. The schema names its columns in
`$comment`, such as `tag_values.quality smallint`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Column(NamedTuple):
    """A column that messages carry.

    Attributes:
        tree: The database that it is in, as `alembic -n` calls it.
        name: The column as table.column.
        definition: Its type, NOT NULL and CHECKs, as PostgreSQL writes them; a CHECK
            of `types.one_of` is left out, its values are compared.
    """

    tree: str
    name: str
    definition: str


class Field(NamedTuple):
    """A field of a message that is kept in columns.

    Attributes:
        message: The constant in the message's field `schema`.
        field: Where in the message it is, as `points[].q`; with `*` it is required.
        keywords: What its schema demands of it.
        columns: Where its value is, by the type that it has.
        values_less: None, or what of the column's values is never sent; the others are
            the `enum` of its schema.
    """

    message: str
    field: str
    keywords: dict[str, Any]
    columns: tuple[Column, ...]
    values_less: tuple[str, ...] | None = None

    @property
    def path(self) -> str:
        """Where in the message it is."""
        return self.field.removesuffix("*")

    @property
    def is_required(self) -> bool:
        """Whether the object that it is in must have it."""
        return self.field.endswith("*")


_NOT_NULL_TIME: Final = "timestamp with time zone NOT NULL"

_CONNECTION: Final = Column("meta", "connections.id", "uuid NOT NULL")
_NAME: Final = Column("meta", "connections.name", "text NOT NULL")
_TYPE: Final = Column("meta", "connections.type", "text NOT NULL")
_ENABLED: Final = Column("meta", "connections.enabled", "boolean NOT NULL")
_TAG: Final = Column("meta", "tag_metadata.tag_id", "integer NOT NULL")
_READ_THROUGH: Final = Column("tsdb", "tag_values.connection_id", "uuid NOT NULL")
_READ_TAG: Final = Column("tsdb", "tag_values.tag_id", "integer NOT NULL")
_READ_AT: Final = Column("tsdb", "tag_values.ts", _NOT_NULL_TIME)
_QUALITY: Final = Column("tsdb", "tag_values.quality", "smallint")
_V_NUM: Final = Column("tsdb", "tag_values.v_num", "double precision")
_V_TEXT: Final = Column("tsdb", "tag_values.v_text", "text")

_IDENTIFIER: Final = {"type": "string", "minLength": 1}
_TEXT: Final = {"type": "string"}
_TIME: Final = {"type": "string", "format": "date-time"}
_BOOLEAN: Final = {"type": "boolean"}
_INTEGER: Final = {"type": "integer"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_VALUE: Final = {"type": ["number", "string", "boolean"]}

_CONFIG: Final = "connectivity.config@v1"
_STATUS: Final = "connectivity.status@v1"
_BATCH: Final = "telemetry.batch@v1"
_WRITE: Final = "telemetry.write@v1"

MAPPING: Final = (
    Field(_CONFIG, "id", _IDENTIFIER, (_CONNECTION,)),
    Field(_CONFIG, "conn.id*", _IDENTIFIER, (_CONNECTION,)),
    Field(_CONFIG, "conn.name", _TEXT, (_NAME,)),
    Field(_CONFIG, "conn.type*", {}, (_TYPE,), values_less=("system",)),
    Field(_CONFIG, "conn.enabled*", _BOOLEAN, (_ENABLED,)),
    Field(_CONFIG, "conn.subscribe[]", _COUNT, (_TAG,)),
    Field(_CONFIG, "conn.write_acl[]", _COUNT, (_TAG,)),
    Field(_STATUS, "id*", _IDENTIFIER, (_CONNECTION,)),
    Field(_BATCH, "source.connection_id*", _IDENTIFIER, (_READ_THROUGH,)),
    Field(_BATCH, "source.driver*", {}, (_TYPE,), values_less=("system",)),
    Field(_BATCH, "points[].tag_id*", _COUNT, (_READ_TAG,)),
    Field(_BATCH, "points[].ts*", _TIME, (_READ_AT,)),
    Field(_BATCH, "points[].v*", _VALUE, (_V_NUM, _V_TEXT)),
    Field(_BATCH, "points[].q", _INTEGER, (_QUALITY,)),
    Field(_WRITE, "requests[].tag_id*", _COUNT, (_TAG,)),
)
