"""The comparators: what an Alembic environment compares by the server's own words.

They take the place of Alembic's own for types, defaults, constraints and comments:
``autogenerate_plugins=["alembic.autogenerate.schemas", "alembic.autogenerate.tables",
PLUGIN_NAME]``. The option ``catalog`` is the `Comparison` that they read and use;
`includes` keeps what is foreign from the others.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from alembic.operations import ops
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import DefaultClause, text

from dataforeman_schema.catalog.comparison import Comparison, is_harmful
from dataforeman_schema.catalog.definitions import alter
from dataforeman_schema.catalog.operation import ObjectOp, RenameOp
from dataforeman_schema.catalog.order import arrange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp, ModifyTableOps, UpgradeOps
    from sqlalchemy import Column, Table
    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.catalog.snapshot import Properties

PLUGIN_NAME: Final = "dataforeman.catalog"
"""What ``autogenerate_plugins`` calls the comparison."""

log = logging.getLogger(__name__)

_CONTINUE: Final = PriorityDispatchResult.CONTINUE
_WITH_TABLE: Final = ("constraints", "indexes", "triggers", "rules")
_OF_SCHEMA: Final = ("types", "functions", "sequences", "views")


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


def _comparison(context: AutogenContext) -> Comparison:
    comparison: Comparison = context.opts["catalog"]
    return comparison


def _read(
    context: AutogenContext, _upgrade: UpgradeOps, _schemas: set[str | None]
) -> PriorityDispatchResult:
    """Read both sides before anything is compared."""
    assert context.connection is not None  # noqa: S101 - Alembic compares online only
    _comparison(context).read(context.connection)
    return _CONTINUE


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
    key = f"{table}.{name}"
    differs = comparison.differs("columns", key)
    live = comparison.live["columns"][key]
    expected = comparison.expected["columns"][key]
    alteration.existing_type = live_column.type
    alteration.existing_nullable = live["nullable"]
    alteration.existing_server_default = live_column.server_default or None
    alteration.existing_comment = live["comment"]
    if _is_drawn(live) or _is_drawn(expected):
        differs -= {"default"}  # changes with what draws the values
        alteration.existing_server_default = False
    if differs & {"type", "collation"}:
        alteration.modify_type = column.type
    if "nullable" in differs:
        alteration.modify_nullable = expected["nullable"]
    if "default" in differs:
        alteration.modify_server_default = _default(column, expected)
    if "comment" in differs:
        alteration.modify_comment = expected["comment"]
    for what in sorted(differs - {"identity", "generated"}):
        log.info("Detected changed %s of column %r", what, key)
    return _CONTINUE


def _is_drawn(column: Properties) -> bool:
    return bool(column["identity"] or column["generated"])


def _default(column: Column[Any], expected: Properties) -> Any:  # noqa: ANN401 - SQLAlchemy's
    """Take the default as it is declared; a serial column declares none."""
    if expected["default"] is None:
        return None
    return column.server_default or DefaultClause(text(expected["default"]))


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
        _compare_drawn(comparison, name, changes)
        changes.ops.extend(_harmful_columns(comparison, name))
    for kind in _WITH_TABLE:
        if kept or kind != "constraints":
            changes.ops.extend(_named(comparison, kind, name, live_table, table))
    if table is None:
        changes.ops.extend(_exclusions(comparison, name))
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


def _compare_drawn(comparison: Comparison, table: str, changes: ModifyTableOps) -> None:
    """Put what draws a column's values before, or after, what else changes of it."""
    for key in comparison.of_table("columns", table):
        live = comparison.live["columns"].get(key)
        expected = comparison.expected["columns"].get(key)
        if live is None or expected is None:
            continue
        drawn = _is_drawn(live) or _is_drawn(expected)
        if drawn and any(
            live[part] != expected[part]
            for part in ("identity", "generated", "default")
        ):
            log.info("Detected changed values of column %r", key)
            name = key.removeprefix(f"{table}.")
            operation = ObjectOp("columns", table, name, live, expected)
            place = len(changes.ops) if _is_drawn(expected) else 0
            changes.ops.insert(place, operation)


def _harmful_columns(comparison: Comparison, table: str) -> Iterator[AlterColumnOp]:
    """Let services write that know nothing of a column which wants a value."""
    for key in comparison.of_table("columns", table):
        live = comparison.live["columns"].get(key)
        if (
            live
            and is_harmful("columns", live)
            and not comparison.is_ours("columns", key)
        ):
            log.info("Detected unknown column %r that must have a value", key)
            yield ops.AlterColumnOp(
                table,
                key.removeprefix(f"{table}."),
                existing_nullable=False,
                modify_nullable=True,
            )


def _named(
    comparison: Comparison,
    kind: str,
    table: str,
    live_table: Table | None,
    declared: Table | None,
) -> Iterator[ObjectOp]:
    """Compare the named objects of a table."""
    renamed = dict(_renamed(comparison, kind, table))
    for old, new in renamed.items():
        log.info("Detected renamed %s %r", kind, new)
        names = (old.removeprefix(f"{table}."), new.removeprefix(f"{table}."))
        yield RenameOp(kind, table, *names, comparison.expected[kind][new])
    for key in comparison.of_table(kind, table):
        if key in renamed or key in renamed.values():
            continue
        name = key.removeprefix(f"{table}.")
        if kind == "indexes" and _takes_name(comparison, key, name):
            log.info("Detected index %r, which has the name of another", key)
            properties = comparison.live[kind][key]
            yield RenameOp(kind, table, name, f"{name}_{table}", properties, frees=True)
            continue
        items = (_item(live_table, kind, name), _item(declared, kind, name))
        yield from _object(comparison, kind, key, table, name, items)


def _object(
    comparison: Comparison,
    kind: str,
    key: str,
    table: str | None,
    name: str,
    items: tuple[SchemaItem | None, SchemaItem | None] = (None, None),
) -> Iterator[ObjectOp]:
    """Compare one object; what cannot change in place goes and comes."""
    live, expected = comparison.live[kind].get(key), comparison.expected[kind].get(key)
    if kind == "triggers" and (live or expected or {})["of_extension"]:
        return  # comes and goes with what the extension makes of the table
    if live and expected:
        if not comparison.differs(kind, key):
            return
        log.info("Detected changed %s %r", kind, key)
        if alter(kind, name, live, expected) is not None:
            yield ObjectOp(kind, table, name, live, expected)
            return
    elif live and not _goes(comparison, kind, key, live):
        return
    else:
        log.info("Detected %s %s %r", "removed" if live else "added", kind, key)
    if live:
        replaced = expected is not None
        yield ObjectOp(
            kind, table, name, live, None, live_item=items[0], makes_way=replaced
        )
    if expected:
        yield ObjectOp(kind, table, name, None, expected, item=items[1])


def _goes(comparison: Comparison, kind: str, key: str, live: Properties) -> bool:
    return is_harmful(kind, live) or comparison.is_ours(kind, key)


def _renamed(
    comparison: Comparison, kind: str, table: str
) -> Iterator[tuple[str, str]]:
    """Find what is there as expected, but by another name."""
    if kind not in {"constraints", "indexes"}:
        return
    live, expected = comparison.live[kind], comparison.expected[kind]
    names = comparison.of_table(kind, table)
    missing = [name for name in names if name not in live]
    for old in [name for name in names if name not in expected]:
        for new in missing:
            if _alike(live[old], expected[new], kind):
                missing.remove(new)
                yield old, new
                break


def _takes_name(comparison: Comparison, key: str, name: str) -> bool:
    """Tell whether an unknown index has the name of an expected one elsewhere."""
    expected = comparison.expected["indexes"]
    return key not in expected and any(
        other.removeprefix(f"{found['table']}.") == name
        for other, found in expected.items()
    )


def _alike(live: Properties, expected: Properties, kind: str) -> bool:
    other = {"comment", "options", "index_valid", "valid"}
    other |= {"definition"} if kind == "indexes" else set()
    return all(live[key] == expected[key] for key in expected if key not in other)


def _item(table: Table | None, kind: str, name: str) -> SchemaItem | None:
    """Find what declares, or reflects, a constraint or index."""
    if table is None or kind not in {"constraints", "indexes"}:
        return None
    items = table.indexes if kind == "indexes" else table.constraints
    return next((item for item in items if str(item.name) == name), None)


def _exclusions(comparison: Comparison, table: str) -> Iterator[ObjectOp]:
    """Let the downgrade bring back what SQLAlchemy does not reflect of a table."""
    for key in comparison.of_table("constraints", table):
        live = comparison.live["constraints"].get(key)
        if live and live["type"] == "x":
            name = key.removeprefix(f"{table}.")
            yield ObjectOp("constraints", table, name, live, None)


def _compare_schema(
    context: AutogenContext, upgrade: UpgradeOps, _schemas: set[str | None]
) -> PriorityDispatchResult:
    """Compare what belongs to no table, and put all in an order that holds."""
    comparison = _comparison(context)
    for kind in _OF_SCHEMA:
        for key in {**comparison.expected[kind], **comparison.live[kind]}:
            upgrade.ops.extend(_of_schema(comparison, kind, key))
    arrange(upgrade, _referents(comparison))
    return _CONTINUE


def _referents(comparison: Comparison) -> dict[str, set[str]]:
    """Name the tables that each live table's foreign keys refer to."""
    found: dict[str, set[str]] = {table: set() for table in comparison.live["tables"]}
    for key in comparison.live["constraints"].values():
        if key["type"] == "f":
            found[key["table"]].add(key["referent"])
    return found


def _of_schema(comparison: Comparison, kind: str, key: str) -> Iterator[ObjectOp]:
    """Compare one object; a sequence comes and goes with its column or table."""
    found = comparison.expected[kind].get(key) or comparison.live[kind][key]
    table = found.get("table")
    if table:
        column = f"{table}.{found['column']}"
        both = (comparison.live["columns"], comparison.expected["columns"])
        if not all(column in columns for columns in both):
            return
    yield from _object(comparison, kind, key, table, key)


_plugin = Plugin(PLUGIN_NAME)
_plugin.add_autogenerate_comparator(
    _read, "schema", "read", priority=DispatchPriority.FIRST
)
_plugin.add_autogenerate_comparator(_compare_schema, "schema", "catalog")
_plugin.add_autogenerate_comparator(_compare_table, "table", "catalog")
_plugin.add_autogenerate_comparator(_compare_column, "column", "catalog")
