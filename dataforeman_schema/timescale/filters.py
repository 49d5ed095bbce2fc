"""What Alembic's own comparison must not look at on a TimescaleDB database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index

from .declaration import registry
from .hypertable import Hypertable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import MetaData
    from sqlalchemy.schema import SchemaItem


def include_name(
    name: str | None,
    type_: str,
    parent_names: Mapping[str, Any],  # noqa: ARG001 (Alembic passes it)
) -> bool:
    """Leave TimescaleDB's own schemas out: chunks, compressed chunks, catalogs.

    Pass it to ``context.configure(include_name=…)``.

    Args:
        name: The name found in the database.
        type_: What it names.
        parent_names: Where it was found.

    Returns:
        Whether Alembic shall compare it.
    """
    internal = re.match(
        r"_timescaledb_|timescaledb_(information|experimental)$", name or ""
    )
    return type_ != "schema" or internal is None


def include_object(
    metadata: MetaData,
) -> Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]:
    """Leave the index out that TimescaleDB makes on a hypertable's time column.

    Pass the result to ``context.configure(include_object=…)``.

    Args:
        metadata: The models.

    Returns:
        The filter.
    """

    def include(
        item: SchemaItem,
        name: str | None,
        _type: str,
        reflected: bool,  # noqa: FBT001 (Alembic passes it so)
        compare_to: SchemaItem | None,
    ) -> bool:
        if not (isinstance(item, Index) and reflected and compare_to is None):
            return True
        return name not in _default_indexes(metadata, item)

    return include


def _default_indexes(metadata: MetaData, index: Index) -> list[str]:
    if index.table is None:
        return []
    key = index.table.key
    table = metadata.tables.get(key)
    hypertable = (
        None if table is None else registry(metadata).present(table, Hypertable)
    )
    return hypertable.default_index_names(index.table.name) if hypertable else []
