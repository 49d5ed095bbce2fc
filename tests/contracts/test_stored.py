"""The servers keep in the mapped columns what the messages carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.contracts.mapping import MAPPING
from dataforeman_schema.contracts.schemas import find_field
from dataforeman_schema.messages import TelemetryBatch
from dataforeman_schema.meta import Connection
from dataforeman_schema.tsdb import TagValue
from tests.messages.fixtures import SCHEMAS, VALID

if TYPE_CHECKING:
    from dataforeman_schema.messages import Point

BATCHES = [case for message, case in VALID if message == "telemetry.batch@v1"]


def test_columns(meta_engine: Engine, tsdb_engine: Engine) -> None:
    """The columns have, on the servers, the types that the mapping says."""
    found: dict[str, dict[str, Any]] = {}
    for tree, engine in (("meta", meta_engine), ("tsdb", tsdb_engine)):
        with engine.connect() as connection:
            found[tree] = snapshot(connection)["columns"]
    for column in {column for field in MAPPING for column in field.columns}:
        live = found[column.tree][column.name]
        not_null = "" if live["nullable"] else " NOT NULL"
        assert f"{live['type']}{not_null}" == column.definition


def test_types_of_connections(meta_engine: Engine) -> None:
    """The server takes each type that is sent or kept back, and no other."""
    [field] = [f for f in MAPPING if f.path == "conn.type"]
    sent, _ = find_field(SCHEMAS[field.message], field.path) or ({}, False)
    with Session(meta_engine) as session:
        for value in [*sent["enum"], *(field.values_less or ())]:
            session.add(Connection(name=f"a {value}", type=value))
        session.flush()
        session.add(Connection(name="another", type="another"))  # type: ignore[arg-type]
        with pytest.raises(IntegrityError, match="connections_type_check"):
            session.flush()


def test_points(tsdb_engine: Engine) -> None:
    """Each point of the valid batches is a row, from which it can be told."""
    for case in BATCHES:
        batch = TelemetryBatch.model_validate(case)
        connection_id = UUID(batch.source.connection_id)
        with Session(tsdb_engine) as session:
            session.add_all(_row(connection_id, point) for point in batch.points)
            session.flush()
            session.expire_all()
            rows = {row.tag_id: row for row in session.scalars(select(TagValue))}
        read = {
            tag_id: (row.ts, _value(row), row.quality) for tag_id, row in rows.items()
        }
        assert read == {
            point.tag_id: (point.ts, point.v, point.q) for point in batch.points
        }
        assert {row.connection_id for row in rows.values()} == {connection_id}


def _value(row: TagValue) -> float | str | None:
    return row.v_text if row.v_num is None else row.v_num


def _row(connection_id: UUID, point: Point) -> TagValue:
    return TagValue(
        connection_id=connection_id,
        tag_id=point.tag_id,
        ts=point.ts,
        quality=point.q,
        v_num=None if isinstance(point.v, str) else float(point.v),
        v_text=point.v if isinstance(point.v, str) else None,
    )
