"""The reference of the schema: the page and the pictures say what a database is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text

from dataforeman_schema.databases import DATABASES
from docs.generate_pictures import TARGET as PICTURES
from docs.generate_pictures import pictures
from docs.generate_schema import TARGET, domains, mapper_of, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

_CONSTRAINTS = text(
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE contype IN ('u', 'c')"
    " AND connamespace = current_schema()::regnamespace"
)
_TEXTS = re.compile(r"'[^']*'")


def _tables() -> Iterator[Table]:
    for database in DATABASES.values():
        yield from database.metadata().sorted_tables


def test_schema_reference_is_current() -> None:
    """docs/schema.md says what the models say; `make docs` writes it anew."""
    assert TARGET.read_text(encoding="utf-8") == schema()


@pytest.mark.slow  # for what draws them, which a copy of the project may lack
def test_pictures_are_current() -> None:
    """Each domain and the whole have a picture, as `make docs` draws it anew."""
    kept = {path.stem: path.read_text("utf-8") for path in PICTURES.glob("*.svg")}
    assert kept == pictures()
    every = {name for each in DATABASES.values() for name in domains(each)}
    assert set(kept) == every | {"whole"}


@pytest.mark.parametrize("engine", ["meta_engine", "tsdb_engine"])
def test_constraints_of_the_catalog(
    engine: str, request: pytest.FixtureRequest
) -> None:
    """Every UNIQUE and CHECK of a live database stands in its table's section."""
    live: Engine = request.getfixturevalue(engine)
    sections = dict(
        re.findall(r"^#### (\w+)\n(.*?)(?=^##|\Z)", schema(), re.MULTILINE | re.DOTALL)
    )
    with live.connect() as connection:
        found = connection.execute(_CONSTRAINTS).all()
    for table, name, definition in found:
        [line] = re.findall(rf"^- `{name}`: `(.*)`$", sections[table], re.MULTILINE)
        if definition.startswith("UNIQUE"):
            assert line == definition
        assert _TEXTS.findall(line) == _TEXTS.findall(definition)
    assert engine != "meta_engine" or len(found) > 10


def test_models_say_who_uses_them() -> None:
    """The docstring of each model ends in who writes and who reads its rows."""
    for table in _tables():
        last = str(mapper_of(table).class_.__doc__).split("\n\n")[-1]
        words = " ".join(last.split())
        assert re.fullmatch(r"Written (and|by .+;) read by [^;]+\.", words), table


def test_attributes_carry_their_comments() -> None:
    """The docstring of a model's attribute is the comment of its column."""
    for mapper in map(mapper_of, _tables()):
        for key in mapper.class_.__annotations__.keys() & mapper.column_attrs.keys():
            [column] = mapper.column_attrs[key].columns
            assert getattr(mapper.class_, key).__doc__ == column.comment
