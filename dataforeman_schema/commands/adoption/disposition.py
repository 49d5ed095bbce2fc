"""What becomes of a difference when a database is taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import ops

from dataforeman_schema.catalog.comparison import OF_TABLES
from dataforeman_schema.catalog.operation import ObjectOp, RenameOp
from dataforeman_schema.catalog.retype import RetypeOp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation

    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.catalog.comparison import Accepted, Comparison
    from dataforeman_schema.catalog.snapshot import Properties

_OF_ROWS: Final = (
    ops.AddColumnOp,
    ops.CreateTableOp,
    ops.DropColumnOp,
    ops.DropTableOp,
    RetypeOp,
)
"""Operations that a row would notice."""


def obstacle(change: Change) -> str | None:
    """Say why a change cannot be made without touching rows, or rules they rest on."""
    touches = any(isinstance(operation, _OF_ROWS) for operation in change.operations)
    if touches and not adds(change):
        return f"{change.where} is not that of our revisions"
    if any(_alters(operation) for operation in change.alterations):
        return f"{change.where} is of another type or nullability"
    live, expected = change.live, change.expected
    if live and expected and live.get("type") == expected.get("type") == "c":
        return f"{change.where} allows other values"
    return None


def _alters(operation: ops.AlterColumnOp) -> bool:
    return operation.modify_type is not None or operation.modify_nullable is not None


def adds(change: Change) -> bool:
    """Tell whether a change adds a table, or a column that asks nothing of rows."""
    return all(map(_adds, change.operations))


def _adds(operation: MigrateOperation) -> bool:
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        has_value = column.nullable or column.server_default is not None
        return has_value and not column.primary_key
    return isinstance(operation, ops.CreateTableOp)


def is_comment(change: Change) -> bool:
    """Tell whether a change is of a comment alone."""
    if change.alterations and len(change.alterations) == len(change.operations):
        return not any(
            _alters(it) or it.modify_server_default is not False
            for it in change.alterations
        )
    live, expected = change.live, change.expected
    if not (live and expected and change.name is None):
        return False
    return {key for key in expected if live.get(key) != expected[key]} == {"comment"}


def accepted(change: Change, comparison: Comparison) -> list[Accepted]:
    """List the differences that stay, where a change is of rules that are not ours.

    A later release's application goes on, and its rows rest on them; what somebody else
    added is theirs.

    Args:
        change: What would make them ours.
        comparison: Both sides.

    Returns:
        All that the change is made of; nothing if it is of no such rule.
    """
    names = {name for operation in change.operations for name in _names(operation)}
    found = [comparison.difference(*name) for name in sorted(names)]
    return found if any(_is_rule(it, comparison) for it in found) else []


def _names(operation: MigrateOperation) -> Iterator[tuple[str, str]]:
    """Name what an operation changes, as a snapshot does."""
    if isinstance(operation, ops.AlterColumnOp):
        yield "columns", f"{operation.table_name}.{operation.column_name}"
    elif isinstance(operation, ObjectOp) and not isinstance(operation, RenameOp):
        kind, name = operation.kind, operation.name
        yield kind, f"{operation.table_name}.{name}" if kind in OF_TABLES else name


def _is_rule(difference: Accepted, comparison: Comparison) -> bool:
    live, expected = difference.live, difference.expected
    match difference.kind:
        case "constraints":
            return _is_rule_of_rows(difference, comparison)
        case "indexes":
            return any(state and state["unique"] for state in (live, expected))
        case "triggers" | "rules":
            return expected is None
    return difference.kind in {"columns", "tables"}


def _is_rule_of_rows(difference: Accepted, comparison: Comparison) -> bool:
    """Tell whether a constraint is another one than ours for the same."""
    live, expected = difference.live, difference.expected
    found = live or expected or {}
    if live and expected:
        return True
    if found["type"] in {"p", "u"}:
        other = comparison.expected if live else comparison.live
        return not any(_is_same_key(found, it) for it in other["constraints"].values())
    return live is not None or found["type"] != "f"


def _is_same_key(one: Properties, other: Properties) -> bool:
    return (
        other["type"] in {"p", "u"}
        and other["table"] == one["table"]
        and set(other["columns"]) == set(one["columns"])
    )
