"""Whether messages and columns still fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.contracts.columns import (
    JSON_TYPES,
    definition,
    type_name,
    values,
)
from dataforeman_schema.contracts.mapping import MAPPING, Field
from dataforeman_schema.contracts.schemas import (
    Schema,
    find_field,
    read_schemas,
    schema_file,
)
from dataforeman_schema.databases import DATABASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sqlalchemy as sa

    from dataforeman_schema.contracts.mapping import Column

_MAPPING_FILE: Final = "dataforeman_schema/contracts/mapping.py"


def check_messages(
    models: Mapping[str, sa.MetaData] | None = None,
    schemas: Mapping[str, Schema] | None = None,
) -> list[str]:
    """Compare the schemas of the messages with the columns that the messages carry.

    Args:
        models: The models by tree; if not told, those of both databases.
        schemas: The schemas by message; if not told, those in their files.

    Returns:
        What does not fit, one line each, which names message, field, column and file.
        Empty: all fits.
    """
    if models is None:
        models = {tree: database.metadata() for tree, database in DATABASES.items()}
    if schemas is None:
        schemas = read_schemas()
    return [
        _in_words(field, finding)
        for field in MAPPING
        for finding in _findings(field, models, schemas.get(field.message, {}))
    ]


def _in_words(field: Field, finding: str) -> str:
    names = " and ".join(column.name for column in field.columns)
    file = f"spec/connectivity/schemas/{schema_file(field.message).name}"
    return (
        f"{field.message}, field {field.path} ({names}): {finding}; "
        f"change the model, {_MAPPING_FILE} and {file} together"
    )


def _findings(
    field: Field, models: Mapping[str, sa.MetaData], schema: Schema
) -> Iterator[str]:
    found = [_find_column(column, models) for column in field.columns]
    for mapped, column in zip(field.columns, found, strict=True):
        yield from _of_column(mapped, column)
    match find_field(schema, field.path):
        case None:
            yield "the schema has no such field"
        case field_schema, is_required:
            if is_required != field.is_required:
                word = "required" if is_required else "not required"
                yield f"the field is {word} by the schema"
            columns = [column for column in found if column is not None]
            all_found = len(columns) == len(found)
            yield from _of_schema(field, field_schema, columns if all_found else [])


def _find_column(
    mapped: Column, models: Mapping[str, sa.MetaData]
) -> sa.Column[object] | None:
    table, _, name = mapped.name.partition(".")
    found = models[mapped.tree].tables.get(table)
    return None if found is None else found.columns.get(name)


def _of_column(mapped: Column, column: sa.Column[object] | None) -> Iterator[str]:
    if column is None:
        yield f"the models have no column {mapped.name}, so it was renamed or dropped"
    elif (now := definition(column)) != mapped.definition:
        yield f"the column is {now}, in the mapping {mapped.definition}"


def _of_schema(
    field: Field, schema: Schema, columns: list[sa.Column[object]]
) -> Iterator[str]:
    keywords = {name: value for name, value in schema.items() if name != "$comment"}
    if field.values_less is not None:
        yield from _of_values(field, keywords.pop("enum", []), columns)
    else:
        yield from _of_types(keywords.get("type", []), columns)
    if keywords != field.keywords:
        yield f"the schema says {keywords}, the mapping {field.keywords}"
    comment = ", ".join(
        f"{mapped.name} {mapped.definition}" for mapped in field.columns
    )
    if schema.get("$comment") != comment:
        yield f'the schema has another "$comment" than "{comment}"'


def _of_values(
    field: Field, sent: list[str], columns: list[sa.Column[object]]
) -> Iterator[str]:
    for column in columns:
        allowed = (values(column) or set()).difference(field.values_less or ())
        if more := sorted(set(sent) - allowed):
            yield f"the column does not allow {', '.join(more)}, which the schema does"
        if less := sorted(allowed.difference(sent)):
            yield f"the column allows {', '.join(less)}, which the schema does not"


def _of_types(
    types: str | list[str], columns: list[sa.Column[object]]
) -> Iterator[str]:
    wanted = {types} if isinstance(types, str) else set(types)
    taken = {
        json_type
        for column in columns
        for json_type in JSON_TYPES.get(type_name(column), ())
    }
    if columns and not wanted <= taken:
        yield f"no column takes the type {', '.join(sorted(wanted - taken))}"
