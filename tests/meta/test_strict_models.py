"""What the models do not let pass: names that no column has, changes unseen."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import JSON

from dataforeman_schema.meta import (
    AuditEvent,
    Connection,
    EipTag,
    SystemSetting,
    Tag,
    User,
)
from dataforeman_schema.tsdb import SystemMetric

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.mark.parametrize(
    ("model", "name", "hint"),
    [
        (AuditEvent, "metadata", "metadata_"),
        (Tag, "metadata", "metadata_"),
        (Tag, "registry", None),
        (User, "e_mail", "email"),
        (SystemMetric, "metric", "metric_name"),
    ],
)
def test_a_name_that_no_column_has(model: Any, name: str, hint: str | None) -> None:  # noqa: ANN401
    """It is refused in the constructor and when it is set, with what may be meant."""
    found = f"{model.__name__} has no attribute {name}"
    found += f"; did you mean {hint}\\?" if hint else "$"
    with pytest.raises(TypeError, match=found):
        model(**{name: "x"})
    with pytest.raises(TypeError, match=found):
        setattr(model(), name, "x")


def test_changes_in_place_are_written(meta_session: Session) -> None:
    """Objects and lists of json, and arrays, are written when they change."""
    tag = EipTag(
        connection=Connection(name="PLC", type="eip"), tag_path="A", tag_name="A"
    )
    tag.dimensions = [1]
    setting = SystemSetting(key="limits", value={"high": [1]})
    meta_session.add_all([tag, setting])
    meta_session.commit()
    tag.dimensions.append(2)
    tag.connection.config_data["slot"] = 3
    setting.value["low"] = 0
    meta_session.commit()
    assert (tag.dimensions, tag.connection.config_data) == ([1, 2], {"slot": 3})
    assert setting.value == {"high": [1], "low": 0}


def test_any_json_can_be_a_setting(meta_session: Session) -> None:
    """What is neither object nor list passes, and each is tracked that follows it."""
    setting = SystemSetting(key="x", value=1)
    meta_session.add(setting)
    for value in ("text", True, 1.5, JSON.NULL, ["a"]):
        setting.value = value
        meta_session.commit()
    kept = pickle.loads(pickle.dumps(setting))  # noqa: S301 - our own
    meta_session.expunge(setting)
    meta_session.add(kept)
    kept.value.append("b")
    meta_session.commit()
    assert kept.value == ["a", "b"]
