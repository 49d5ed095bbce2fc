"""A change of a column or of a message is found until the other follows."""

from __future__ import annotations

import json
import runpy
import shutil
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Enum,
    Integer,
    SmallInteger,
    Text,
    Uuid,
)

from dataforeman_schema.contracts import check, schemas
from dataforeman_schema.contracts.check import check_messages
from dataforeman_schema.contracts.mapping import MAPPING
from dataforeman_schema.packaging import message_schemas
from dataforeman_schema.types import one_of
from tests.contracts.models import changed

if TYPE_CHECKING:
    from pathlib import Path

CONFIG, BATCH = "connectivity.config@v1", "telemetry.batch@v1"
More = Literal["opcua-client", "opcua-server", "s7", "eip", "system", "mqtt"]
Fewer = Literal["opcua-client", "opcua-server", "s7", "system"]

TYPE, ENABLED = "connections.type", "connections.enabled"
QUALITY, TAG = "tag_values.quality", "tag_metadata.tag_id"
V_NUM, READ_THROUGH = "tag_values.v_num", "tag_values.connection_id"


def assert_named(findings: list[str], message: str, *words: str) -> None:
    """Assert that a finding of a message names its file, and has the words."""
    file = f"spec/connectivity/schemas/{message.replace('@', '.')}.schema.json"
    wanted = (f"{message}, field ", file, *words)
    assert any(all(w in finding for w in wanted) for finding in findings), findings


def test_all_fits() -> None:
    """The messages fit the columns, and those of a copy."""
    assert check_messages() == []
    assert check_messages(changed(QUALITY, Column("quality", SmallInteger))) == []


@pytest.mark.parametrize(
    ("name", "column", "message", "field"),
    [
        (V_NUM, Column("v_number", Double), BATCH, "points[].v"),
        (V_NUM, Column("v_num", Text), BATCH, "points[].v"),
        (READ_THROUGH, Column("conn_id", Uuid), BATCH, "source.connection_id"),
        (ENABLED, None, CONFIG, "conn.enabled"),
        (ENABLED, Column("enabled", Boolean), CONFIG, "conn.enabled"),
        (TAG, None, CONFIG, "conn.subscribe[]"),
        (QUALITY, Column("quality", Integer), BATCH, "points[].q"),
        (QUALITY, Column("quality", Boolean), BATCH, "points[].q"),
        (QUALITY, Column("quality", SmallInteger, nullable=False), BATCH, "points[].q"),
    ],
)
def test_changed_column(
    name: str, column: Column[Any] | None, message: str, field: str
) -> None:
    """A column that is renamed, retyped, dropped or gets NOT NULL is found."""
    assert_named(check_messages(changed(name, column)), message, field, name)


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        (one_of("type", More), "allows mqtt, which the schema does not"),
        (one_of("type", Fewer), "does not allow eip, which the schema does"),
        (CheckConstraint("length(type) < 20"), "does not allow eip, opcua-client"),
    ],
)
def test_changed_values(constraint: CheckConstraint, words: str) -> None:
    """Values that come or go are found in both messages that have them."""
    findings = check_messages(
        changed(TYPE, Column("type", Text, nullable=False), constraint)
    )
    assert_named(findings, CONFIG, "conn.type", TYPE, words)
    assert_named(findings, BATCH, "source.driver", TYPE, words)


def test_values_of_an_enum() -> None:
    """The labels of a type are values as those of a CHECK are."""
    labels = Enum("opcua-client", "s7", "system", "mqtt", name="kind")
    findings = check_messages(changed(TYPE, Column("type", labels, nullable=False)))
    assert_named(findings, CONFIG, "allows mqtt, which")
    assert_named(findings, CONFIG, "does not allow eip, opcua-server, which")
    assert_named(
        findings, CONFIG, "the column is kind NOT NULL, in the mapping text NOT NULL"
    )


def test_narrowed_values() -> None:
    """A CHECK on a column that had none is found, and said."""
    narrowed = CheckConstraint("quality BETWEEN 0 AND 255")
    findings = check_messages(
        changed(QUALITY, Column("quality", SmallInteger), narrowed)
    )
    assert_named(findings, BATCH, QUALITY, "smallint CHECK (quality BETWEEN 0 AND 255)")


@pytest.mark.parametrize(
    ("message", "path", "change", "words"),
    [
        (BATCH, "source.connection_id", None, ("no such field", READ_THROUGH)),
        (BATCH, "points[].q", {"type": "string"}, ("takes the type string", QUALITY)),
        (BATCH, "points[].q", {"maximum": 9}, ("'maximum': 9", QUALITY)),
        (BATCH, "points[].tag_id", {"minimum": -1}, ("'minimum': -1",)),
        (BATCH, "points[].v", {"type": ["number", "object"]}, ("takes the type obj",)),
        (BATCH, "source.driver", {"enum": ["s7"]}, ("allows eip, opcua", TYPE)),
        (CONFIG, "conn.type", {"enum": ["mqtt"]}, ("not allow mqtt", TYPE)),
        (CONFIG, "conn.type", {"minLength": 1}, ("minLength",)),
        (CONFIG, "conn.enabled", {"$comment": "?"}, ("$comment", ENABLED)),
    ],
)
def test_changed_schema(
    message: str, path: str, change: dict[str, Any] | None, words: tuple[str, ...]
) -> None:
    """A field that another message has in its place is found."""
    changed_schemas = deepcopy(schemas.read_schemas())
    *place, name = path.split(".")
    parent, _ = schemas.find_field(changed_schemas[message], ".".join(place)) or ({}, 0)
    if change is None:
        parent["properties"]["conn_id"] = parent["properties"].pop(name)
    else:
        parent["properties"][name] |= change
    assert_named(check_messages(schemas=changed_schemas), message, path, *words)


@pytest.mark.parametrize("required", [[], ["tag_id", "ts", "v", "q"]])
def test_changed_requirement(required: list[str]) -> None:
    """What becomes required, or stops to be, is found."""
    changed_schemas = schemas.read_schemas()
    changed_schemas[BATCH]["properties"]["points"]["items"]["required"] = required
    findings = check_messages(schemas=changed_schemas)
    field, word = ("points[].q", "is required") if required else ("points[].v", "not")
    assert_named(findings, BATCH, field, word)


def test_missing_schema() -> None:
    """A message without a schema is found."""
    remaining = schemas.read_schemas()
    del remaining[BATCH]
    assert_named(check_messages(schemas=remaining), BATCH, "no such field")


def test_both_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed column is found until the mapping and then the schema follow."""
    models = changed(V_NUM, Column("number", Double))
    [finding] = check_messages(models)
    assert_named([finding], BATCH, V_NUM, "renamed or dropped")
    renamed = [
        field._replace(
            columns=tuple(
                each._replace(name=each.name.replace("v_num", "number"))
                for each in field.columns
            )
        )
        for field in MAPPING
    ]
    monkeypatch.setattr(check, "MAPPING", renamed)
    comment = "tag_values.number double precision, tag_values.v_text text"
    assert_named(check_messages(models), BATCH, "points[].v", comment)
    followed = schemas.read_schemas()
    field = schemas.find_field(followed[BATCH], "points[].v")
    assert field is not None
    field[0]["$comment"] = comment
    assert check_messages(models, followed) == []


def test_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `make lint` calls says what it finds, and exits with 1 then."""
    folder = shutil.copytree(message_schemas(), tmp_path / "schemas")
    monkeypatch.setattr(schemas, "message_schemas", lambda: folder)
    assert _exit_code() == 0
    changed_schema = schemas.read_schemas()[BATCH]
    del changed_schema["properties"]["points"]
    schemas.schema_file(BATCH).write_text(json.dumps(changed_schema))
    assert _exit_code() == 1
    assert_named(capsys.readouterr().err.splitlines(), BATCH, "points[].q")


def _exit_code() -> object:
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("dataforeman_schema.contracts", run_name="__main__")
    return int(caught.value.code or 0)
