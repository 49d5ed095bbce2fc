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
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from alembic.operations import ops
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import DefaultClause, text

from dataforeman_schema.catalog.comparison import Comparison, is_harmful
from dataforeman_schema.catalog.definitions import alter, literally, unquoted
from dataforeman_schema.catalog.operation import ObjectOp, RenameOp
from dataforeman_schema.catalog.order import arrange
from dataforeman_schema.catalog.release import releases
from dataforeman_schema.catalog.render import render_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp, ModifyTableOps, UpgradeOps
    from sqlalchemy import Column, Table
    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.catalog.snapshot import Properties

__all__ = ["PLUGIN_NAME", "includes", "render_item"]

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
    if _is_drawn(live, expected):
        differs -= {"default"}  # changes with what draws the values
        alteration.existing_server_default = False
    if differs & {"type", "collation"}:
        alteration.modify_type = column.type
    if "nullable" in differs:
        alteration.modify_nullable = expected["nullable"]
    if "default" in differs:
        alteration.existing_server_default = _default(None, live)
        alteration.modify_server_default = _default(column, expected)
    if "comment" in differs:
        alteration.modify_comment = expected["comment"]
    for what in sorted(differs - {"identity", "generated"}):
        log.info("Detected changed %s of column %r", what, key)
    return _CONTINUE


def _is_drawn(*states: Properties) -> bool:
    return any(column["identity"] or column["generated"] for column in states)


def _default(column: Column[Any] | None, found: Properties) -> Any:  # noqa: ANN401 - SQLAlchemy's
    """Take the default as it is declared; a serial column declares none."""
    if found["default"] is None:
        return None
    declared = None if column is None else column.server_default
    return declared or DefaultClause(text(literally(found["default"])))


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
        changes.ops.extend(_compare_drawn(comparison, name))
        changes.ops.extend(_harmful_columns(comparison, name))
    for kind in _WITH_TABLE:
        if kept or kind != "constraints":
            changes.ops.extend(_named(comparison, kind, name, table))
    if live_table is not None and table is None:
        changes.ops.extend(_unreflected(comparison, live_table))
    if not kept:
        changes.ops.extend(_constraint_comments(comparison, name))
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


def _compare_drawn(comparison: Comparison, table: str) -> Iterator[ObjectOp]:
    """Compare what draws a column's values.

    It goes before, and comes after, what else changes of the column.
    """
    for key in comparison.of_table("columns", table):
        live = comparison.live["columns"].get(key)
        expected = comparison.expected["columns"].get(key)
        if live is None or expected is None or not _is_drawn(live, expected):
            continue
        if _draws_otherwise(live, expected):
            log.info("Detected changed values of column %r", key)
        for before, after in pairwise(_steps(live, expected)):
            if _draws_otherwise(before, after):
                operation = ObjectOp("columns", table, _own(key, table), before, after)
                if operation.by_hand:
                    log.warning("Not written: %s", operation.by_hand)
                yield operation


def _draws_otherwise(live: Properties, expected: Properties) -> bool:
    parts = ("identity", "generated", "default")
    return any(live[part] != expected[part] for part in parts)


def _steps(live: Properties, expected: Properties) -> list[Properties]:
    """Let a column draw nothing before it draws its values from something else."""
    drawn = "identity" if live["identity"] else "generated"
    if live[drawn] and expected[drawn]:
        return [live, expected]
    return [
        live,
        {**live, "default": None, "identity": None, "generated": ""},
        expected,
    ]


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
                _own(key, table),
                existing_nullable=False,
                modify_nullable=True,
            )


def _named(
    comparison: Comparison,
    kind: str,
    table: str,
    declared: Table | None,
) -> Iterator[ObjectOp]:
    """Compare the named objects of a table."""
    renamed = dict(_renamed(comparison, kind, table))
    for old, new in renamed.items():
        log.info("Detected renamed %s %r", kind, new)
        names = (_own(old, table), _own(new, table))
        yield RenameOp(kind, table, *names, comparison.expected[kind][new])
    for key in comparison.of_table(kind, table):
        if key in renamed or key in renamed.values():
            continue
        name = _own(key, table)
        if _takes_name(comparison, kind, key, name):
            log.info("Detected index %r, which has the name of another", key)
            properties = comparison.live[kind][key]
            yield RenameOp(kind, table, name, f"{name}_{table}", properties, frees=True)
            continue
        item = _item(declared, kind, name)
        yield from _object(comparison, kind, key, table, name, item)


def _object(
    comparison: Comparison,
    kind: str,
    key: str,
    table: str | None,
    name: str,
    item: SchemaItem | None = None,
) -> Iterator[ObjectOp]:
    """Compare one object; what cannot change in place goes and comes."""
    live, expected = comparison.live[kind].get(key), comparison.expected[kind].get(key)
    found = live or expected or {}
    if found.get("of_extension") and (live or not comparison.lacks(found)):
        return
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
        yield ObjectOp(kind, table, name, live, None, makes_way=replaced)
    if expected:
        yield ObjectOp(kind, table, name, None, expected, item=item)


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


def _takes_name(comparison: Comparison, kind: str, key: str, name: str) -> bool:
    """Tell whether an unknown index has the name of an expected one elsewhere."""
    if kind != "indexes" or comparison.is_ours(kind, key):
        return False
    return any(
        _own(other, found["table"]) == name
        for other, found in comparison.expected[kind].items()
    )


def _alike(live: Properties, expected: Properties, kind: str) -> bool:
    other = {"comment", "options", "index_valid", "valid"}
    other |= {"definition"} if kind == "indexes" else set()
    return all(live[key] == expected[key] for key in expected if key not in other)


def _own(key: str, table: str) -> str:
    return key.removeprefix(f"{table}.")


def _item(table: Table | None, kind: str, name: str) -> SchemaItem | None:
    """Find what declares, or reflects, a constraint or index."""
    if table is None or kind not in {"constraints", "indexes"}:
        return None
    items = table.indexes if kind == "indexes" else table.constraints
    return next((item for item in items if str(item.name) == name), None)


def _unreflected(comparison: Comparison, live_table: Table) -> Iterator[ObjectOp]:
    """Let the downgrade bring back what SQLAlchemy does not reflect of a table."""
    table = live_table.name
    for key in comparison.of_table("constraints", table):
        live, name = comparison.live["constraints"].get(key), _own(key, table)
        if live and _is_unreflected(live):
            item = _item(live_table, "constraints", name)
            live_table.constraints.discard(item)
            for column in live["columns"] if live["type"] == "p" else ():
                live_table.c[column].primary_key = False
            yield ObjectOp("constraints", table, name, live, None)


def _is_unreflected(live: Properties) -> bool:
    waits = "DEFERRABLE" in live["definition"] and live["type"] in {"p", "u"}
    return live["type"] == "x" or waits or not live["enforced"]


def _constraint_comments(comparison: Comparison, table: str) -> Iterator[ObjectOp]:
    """Bring, or let the downgrade bring back, what Alembic does not write."""
    for key in comparison.of_table("constraints", table):
        live = comparison.live["constraints"].get(key)
        expected = comparison.expected["constraints"].get(key)
        found = live or expected
        if found and found["comment"] and not (live and _is_unreflected(live)):
            bare = {**found, "comment": None}
            states = (live, bare) if live else (bare, expected)
            yield ObjectOp("constraints", table, _own(key, table), *states)


def _compare_schema(
    context: AutogenContext, upgrade: UpgradeOps, _schemas: set[str | None]
) -> PriorityDispatchResult:
    """Compare what belongs to no table, and put all in an order that holds."""
    comparison = _comparison(context)
    for kind in _OF_SCHEMA:
        for key in {**comparison.expected[kind], **comparison.live[kind]}:
            upgrade.ops.extend(_of_schema(comparison, kind, key))
    arrange(upgrade, _referents(comparison), partial(releases, comparison))
    return _CONTINUE


def _referents(comparison: Comparison) -> dict[str, set[str]]:
    """Name the tables that each live table's foreign keys refer to."""
    found: dict[str, set[str]] = {table: set() for table in comparison.live["tables"]}
    for key in comparison.live["constraints"].values():
        if key["type"] == "f":
            found[key["table"]].add(unquoted(key["referent"]))
    return found


def _of_schema(comparison: Comparison, kind: str, key: str) -> Iterator[ObjectOp]:
    """Compare one object; a sequence comes and goes with its column or table."""
    live, expected = comparison.live[kind].get(key), comparison.expected[kind].get(key)
    found = expected or live or {}
    table = found.get("table")
    if table:
        column = f"{table}.{found['column']}"
        both = (comparison.live["columns"], comparison.expected["columns"])
        if not all(column in columns for columns in both):
            if live and expected:
                yield _frees_sequence(key, live)
            return
    yield from _object(comparison, kind, key, table, key)


def _frees_sequence(name: str, live: Properties) -> RenameOp:
    """Leave the name to the sequence that comes with a missing column."""
    log.info("Detected sequence %r, which has the name of another", name)
    other = f"{name}_{live['column'] or 'before'}"
    return RenameOp("sequences", live["table"], name, other, live, frees=True)


_plugin = Plugin(PLUGIN_NAME)
_plugin.add_autogenerate_comparator(
    _read, "schema", "read", priority=DispatchPriority.FIRST
)
_plugin.add_autogenerate_comparator(_compare_schema, "schema", "catalog")
_plugin.add_autogenerate_comparator(_compare_table, "table", "catalog")
_plugin.add_autogenerate_comparator(_compare_column, "column", "catalog")
