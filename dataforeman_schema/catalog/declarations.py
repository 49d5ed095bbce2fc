"""What models may not declare, for nothing here would compare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import MetaData, Table


def refusals(metadata: MetaData) -> Iterator[str]:
    """Say what models declare that cannot be, each in a clause with its remedy.

    Args:
        metadata: The models.
    """
    for table in metadata.tables.values():
        yield from _of_schema("view" if table.is_view else "table", table)
        yield from _indexes(table)
        for column in table.columns:
            kind = getattr(column.type, "item_type", column.type)
            yield from _of_schema("type", kind)


def _of_schema(noun: str, found: Any) -> Iterator[str]:  # noqa: ANN401 - table or type
    if schema := getattr(found, "schema", None):
        yield (
            f"the {noun} {found.name} is declared in the schema {schema}, where all "
            "must be in one, the first of the search_path: leave schema= out, and give "
            "it a name that says where it belongs"
        )


def _indexes(table: Table) -> Iterator[str]:
    for index in table.indexes:
        if index.dialect_options["postgresql"]["concurrently"]:
            yield (
                f"the index {index.name} of the table {table.name} is declared with "
                "postgresql_concurrently, which create_all() cannot do in a "
                'transaction: declare it with info={"concurrently": True}'
            )
