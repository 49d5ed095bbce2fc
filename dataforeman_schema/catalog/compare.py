"""The comparators: what an Alembic environment compares by the server's own words.

They take the place of Alembic's own for types, defaults, constraints and comments:
``autogenerate_plugins=["alembic.autogenerate.schemas", "alembic.autogenerate.tables",
PLUGIN_NAME]``. The option ``catalog`` is the `Comparison` that they read and use;
`includes` keeps what is foreign from the others, `render_item` writes what Alembic
would not write as it is.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult

from dataforeman_schema.catalog.columns import (
    alter_column,
    compare_drawn,
    harmful_columns,
)
from dataforeman_schema.catalog.definitions import unquoted
from dataforeman_schema.catalog.objects import (
    constraint_comments,
    named,
    of_schema,
    unreflected,
)
from dataforeman_schema.catalog.operation import ObjectOp
from dataforeman_schema.catalog.order import arrange, leaves
from dataforeman_schema.catalog.release import releases
from dataforeman_schema.catalog.render import render_item
from dataforeman_schema.catalog.types import compare_types
from dataforeman_schema.catalog.views import compare_views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp, ModifyTableOps, UpgradeOps
    from sqlalchemy import Column, Inspector, Table

    from dataforeman_schema.catalog.comparison import Comparison


__all__ = ["PLUGIN_NAME", "includes", "includes_object", "render_item"]

PLUGIN_NAME: Final = "dataforeman.catalog"
"""What ``autogenerate_plugins`` calls the comparison."""

log = logging.getLogger(__name__)

_CONTINUE: Final = PriorityDispatchResult.CONTINUE
_WITH_TABLE: Final = ("constraints", "indexes", "triggers", "rules", "statistics")
_TABLE_KINDS: Final = ("r", "p")  # not foreign tables, which Alembic does not compare
_OF_SCHEMA: Final = ("functions", "sequences")


def includes(
    comparison: Comparison,
) -> Callable[[str | None, str, Mapping[str, Any]], bool]:
    """Make the filter that keeps foreign tables and columns from Alembic.

    Args:
        comparison: What knows which are ours.

    Returns:
        A function for ``context.configure(include_name=…)``.
    """

    def include(name: str | None, kind: str, parents: Mapping[str, Any]) -> bool:
        if kind == "table":
            return comparison.is_ours("tables", str(name))
        if kind == "column":
            return comparison.is_ours("columns", f"{parents['table_name']}.{name}")
        return True

    return include


def includes_object(
    found: object,
    _name: str | None,
    _kind: str,
    _reflected: bool,  # noqa: FBT001 - Alembic's
    _other: object,
) -> bool:
    """Keep views, which the metadata has among its tables, from Alembic.

    A function for ``context.configure(include_object=…)``.
    """
    return not getattr(found, "is_view", False)


def _comparison(context: AutogenContext) -> Comparison:
    comparison: Comparison = context.opts["catalog"]
    return comparison


def _read(
    context: AutogenContext, _upgrade: UpgradeOps, _schemas: set[str | None]
) -> PriorityDispatchResult:
    """Read both sides before anything is compared."""
    assert context.connection is not None  # noqa: S101 - Alembic compares online only
    comparison = _comparison(context)
    comparison.read(context.connection)
    _tell_tables(context.inspector, comparison)
    for what in comparison.uncompared:
        log.warning("Not compared: %s", what)
    return _CONTINUE


def _tell_tables(inspector: Inspector, comparison: Comparison) -> None:
    """Have Alembic compare the tables that were read.

    It asks for all visible ones, and the server would look at every chunk for that.
    """
    read = comparison.live["tables"].items()
    tables = [name for name, found in read if found["kind"] in _TABLE_KINDS]

    def get_table_names(_schema: str | None = None, **_options: object) -> list[str]:
        return tables

    inspector.get_table_names = get_table_names  # type: ignore[assignment, method-assign]


def _compare_column(
    context: AutogenContext,
    alteration: AlterColumnOp,
    _schema: str | None,
    table: str,
    name: str,
    live_column: Column[Any],
    column: Column[Any],
) -> PriorityDispatchResult:
    """Compare what `op.alter_column` can change."""
    comparison = _comparison(context)
    alter_column(comparison, alteration, f"{table}.{name}", live_column, column)
    return _CONTINUE


def _compare_table(
    context: AutogenContext,
    changes: ModifyTableOps,
    _schema: str | None,
    name: str,
    live_table: Table | None,
    table: Table | None,
) -> PriorityDispatchResult:
    """Compare what a table has besides columns."""
    comparison = _comparison(context)
    kept = live_table is not None and table is not None
    if kept:
        changes.ops.extend(_compare_own(comparison, name))
        changes.ops.extend(compare_drawn(comparison, name))
        changes.ops.extend(harmful_columns(comparison, name))
    for kind in _WITH_TABLE:
        if kept or kind != "constraints":
            changes.ops.extend(named(comparison, kind, name, table))
    if live_table is not None and table is None:
        changes.ops.extend(unreflected(comparison, live_table))
    if not kept:
        changes.ops.extend(constraint_comments(comparison, name))
    return _CONTINUE


def _compare_own(comparison: Comparison, table: str) -> Iterator[ObjectOp]:
    """Compare what a table itself is like."""
    if comparison.differs("tables", table):
        states = (
            comparison.live["tables"][table],
            comparison.expected["tables"][table],
        )
        log.info("Detected changed table %r", table)
        yield ObjectOp("tables", table, table, *states)


def _compare_schema(
    context: AutogenContext, upgrade: UpgradeOps, _schemas: set[str | None]
) -> PriorityDispatchResult:
    """Compare what belongs to no table, and put all in an order that holds."""
    comparison = _comparison(context)
    upgrade.ops.extend(compare_types(comparison))
    for kind in _OF_SCHEMA:
        for key in {**comparison.expected[kind], **comparison.live[kind]}:
            upgrade.ops.extend(of_schema(comparison, kind, key))
    upgrade.ops.extend(compare_views(comparison, list(leaves(upgrade))))
    arrange(upgrade, _referents(comparison), partial(releases, comparison))
    return _CONTINUE


def _referents(comparison: Comparison) -> dict[str, set[str]]:
    """Name the tables that each live table's foreign keys refer to."""
    found: dict[str, set[str]] = {table: set() for table in comparison.live["tables"]}
    for key in comparison.live["constraints"].values():
        if key["type"] == "f":
            found[key["table"]].add(unquoted(key["referent"]))
    return found


_plugin = Plugin(PLUGIN_NAME)
_plugin.add_autogenerate_comparator(
    _read, "schema", "read", priority=DispatchPriority.FIRST
)
_plugin.add_autogenerate_comparator(_compare_schema, "schema", "catalog")
_plugin.add_autogenerate_comparator(_compare_table, "table", "catalog")
_plugin.add_autogenerate_comparator(_compare_column, "column", "catalog")
