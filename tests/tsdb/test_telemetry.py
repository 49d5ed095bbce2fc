"""The models of the time-series tables on a real TimescaleDB."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete, event, func, insert, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.tsdb import SystemMetric, TagValue, metadata
from tests.table_catalog import uncommented

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def cpu() -> SystemMetric:
    """Make a measurement that equals any other made here."""
    return SystemMetric(ts=NOON, metric_name="cpu_pct", value=3.5)


def test_reading_comes_back_by_its_key(tsdb_engine: Engine) -> None:
    """A reading is found by connection, tag and time, with its value unchanged."""
    key = (uuid4(), 7, NOON)
    with Session(tsdb_engine) as session:
        value = TagValue(connection_id=key[0], tag_id=7, ts=NOON, v_num=0.1)
        value.v_json = {"a": [1]}
        session.add(value)
        session.commit()
        session.expunge_all()
        found = session.get_one(TagValue, key)
        assert (found.v_num, found.v_json) == (0.1, {"a": [1]})
        assert (found.quality, found.v_text) == (None, None)


def test_reading_without_a_time_is_of_now(tsdb_engine: Engine) -> None:
    """The server gives a reading the time of its transaction if it has none."""
    with Session(tsdb_engine) as session:
        value = TagValue(connection_id=uuid4(), tag_id=7, v_text="on")
        session.add(value)
        session.flush()
        assert value.ts == session.scalar(select(func.now()))


def test_equal_metrics_stay_apart(tsdb_engine: Engine) -> None:
    """Rows equal in every column are as many objects as there are rows."""
    with Session(tsdb_engine) as session:
        session.add_all([cpu(), cpu()])
        session.execute(insert(SystemMetric), [{"ts": NOON, **values()}] * 3)
        session.commit()
        metrics = session.scalars(select(SystemMetric)).all()
        assert len({id(metric) for metric in metrics}) == 5
        assert {(m.ts, m.metric_name, m.value) for m in metrics} == {
            (NOON, "cpu_pct", 3.5)
        }
        assert session.scalar(select(func.count()).select_from(SystemMetric)) == 5


def values() -> dict[str, object]:
    """Name the columns of a measurement, but for its time."""
    return {"metric_name": "cpu_pct", "value": 3.5}


def test_a_metric_read_twice_is_two_objects(tsdb_engine: Engine) -> None:
    """An object that the session holds never stands in for a row read later."""
    with Session(tsdb_engine) as session:
        session.add(cpu())
        session.commit()
        first = session.scalars(select(SystemMetric)).one()
        second = session.scalars(select(SystemMetric)).one()
        assert first is not second


def test_many_metrics_are_one_statement(tsdb_engine: Engine) -> None:
    """Objects are inserted in batches; what the server sets stays there."""
    statements: list[object] = []
    event.listen(
        tsdb_engine, "before_cursor_execute", lambda *given: statements.append(given)
    )
    with Session(tsdb_engine, expire_on_commit=False) as session:
        metrics = [cpu() for _ in range(100)]
        session.add_all(metrics)
        session.commit()
        assert len(statements) == 1
        assert metrics[0].value == 3.5
        with pytest.raises(ObjectDeletedError, match="a SystemMetric has no key"):
            metrics[0].ingested_at  # noqa: B018 - reading it is the test
        assert session.scalar(select(SystemMetric.labels).limit(1)) == {}


def test_a_metric_cannot_be_found_again(tsdb_engine: Engine) -> None:
    """Refreshing or changing a row that nothing identifies fails in words."""
    with Session(tsdb_engine) as session:
        metric = cpu()
        session.add(metric)
        session.commit()
        with pytest.raises(ObjectDeletedError):
            metric.value  # noqa: B018 - reading it is the test
        metric = session.scalars(select(SystemMetric)).one()
        metric.value = 4.0
        with pytest.raises(StaleDataError):
            session.flush()


def test_metrics_change_by_statement(tsdb_engine: Engine) -> None:
    """`update()` and `delete()` reach all rows that a condition picks."""
    with Session(tsdb_engine) as session:
        session.add_all([cpu(), cpu()])
        session.flush()
        session.execute(update(SystemMetric).values(value=SystemMetric.value + 1))
        total = select(func.sum(SystemMetric.value))
        assert session.scalar(total) == 9
        session.execute(delete(SystemMetric).where(SystemMetric.value > 4))
        assert session.scalar(total) is None


def test_metrics_are_readable_in_the_columnstore(tsdb_engine: Engine) -> None:
    """An operator who turns the columnstore on still reads metrics as objects."""
    with Session(tsdb_engine) as session:
        session.add_all([cpu(), cpu()])
        session.flush()
        session.execute(text("ALTER TABLE system_metrics SET (timescaledb.compress)"))
        session.execute(text("SELECT compress_chunk(show_chunks('system_metrics'))"))
        assert len(session.scalars(select(SystemMetric)).all()) == 2


def test_no_table_and_no_database_knows_the_key(tsdb_engine: Engine) -> None:
    """The key that the ORM needs is in neither the model's table nor the server's."""
    columns = metadata.tables["system_metrics"].columns.keys()
    assert set(columns) >= {"ts", "metric_name", "value", "labels", "ingested_at"}
    assert SystemMetric.row_key.key not in columns
    with tsdb_engine.connect() as connection:
        found = snapshot(connection)
    names = [name for name in found["columns"] if name.startswith("system_metrics.")]
    assert set(names) == {f"system_metrics.{column}" for column in columns}
    assert "system_metrics" not in {n.split(".")[0] for n in found["constraints"]}


def test_create_all_makes_what_the_migrations_make(tsdb_engine: Engine) -> None:
    """`create_all` builds the migrated catalog, comments included."""
    with tsdb_engine.connect() as connection:
        migrated = snapshot(connection)
    metadata.drop_all(tsdb_engine)
    metadata.create_all(tsdb_engine)
    with tsdb_engine.connect() as connection:
        assert snapshot(connection) == migrated


def test_every_table_and_column_has_a_comment(tsdb_engine: Engine) -> None:
    """The live catalog explains every table and every column."""
    with tsdb_engine.connect() as connection:
        found = snapshot(connection)
    assert uncommented(found) == []


def test_repr_shows_what_a_metric_is_about() -> None:
    """A measurement shows its time and name, for it has no key."""
    metric = SystemMetric(ts=NOON, metric_name="cpu_pct", value=1)
    assert repr(metric) == f"SystemMetric(ts={NOON!r}, metric_name='cpu_pct')"
