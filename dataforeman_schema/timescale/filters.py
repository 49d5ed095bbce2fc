"""What Alembic's own comparison must not look at on a TimescaleDB database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ForeignKeyConstraint, Index, MetaData

from .declaration import registry
from .default_index import is_default_index
from .hypertable import Hypertable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import ForeignKey
    from sqlalchemy.schema import SchemaItem


_INTERNAL: Final = re.compile(r"_timescaledb_|timescaledb_(information|experimental)$")


def include_name(
    name: str | None,
    type_: str,
    parent_names: Mapping[Any, Any],  # noqa: ARG001 (Alembic passes it)
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
    return type_ != "schema" or not _INTERNAL.match(name or "")


def include_object(
    metadata: MetaData | Sequence[MetaData],
) -> Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]:
    """Leave out what TimescaleDB makes of itself beside what is declared.

    That is its indexes on the partitioning columns of a hypertable, whatever they are
    called, and the copy of a foreign key that each chunk of the referenced hypertable
    has. Pass the result to ``context.configure(include_object=…)``.

    Args:
        metadata: The models, or several of them.

    Returns:
        The filter.
    """
    models = [metadata] if isinstance(metadata, MetaData) else list(metadata)

    def include(
        item: SchemaItem,
        _name: str | None,
        _type: str,
        reflected: bool,  # noqa: FBT001 (Alembic passes it so)
        compare_to: SchemaItem | None,
    ) -> bool:
        if not reflected or compare_to is not None:
            return True
        if isinstance(item, ForeignKeyConstraint):
            return not any(map(_is_of_chunk, item.elements))
        return not (isinstance(item, Index) and _is_made_of_itself(models, item))

    return include


def _is_of_chunk(key: ForeignKey) -> bool:
    return _INTERNAL.match(key.target_fullname) is not None


def _is_made_of_itself(models: Sequence[MetaData], index: Index) -> bool:
    if index.table is None:
        return False
    tables = (metadata.tables.get(index.table.key) for metadata in models)
    declared = (
        registry(table.metadata).present(table, Hypertable)
        for table in tables
        if table is not None
    )
    return any(
        hypertable.default_indexes and is_default_index(index, hypertable.dimensions)
        for hypertable in declared
        if hypertable is not None
    )
