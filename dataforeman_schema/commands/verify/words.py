"""What differs from the models, and why it matters, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import MigrateOperation, ops
from sqlalchemy import DefaultClause
from sqlalchemy.types import TypeEngine

from dataforeman_schema.commands.verify import features
from dataforeman_schema.commands.verify.offline import DIALECT
from dataforeman_schema.commands.verify.services import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.changes import Change

_ADDITIONS: Final = (ops.AddColumnOp, ops.CreateIndexOp, ops.AddConstraintOp)
_REMOVALS: Final = (ops.DropIndexOp, ops.DropConstraintOp)
_COMMENTS: Final = (ops.CreateTableCommentOp, ops.DropTableCommentOp)
_GONE: Final[dict[type[MigrateOperation], str]] = {
    ops.DropTableOp: (
        "the schema has no such table; the remedy keeps it, in a schema aside"
    ),
    ops.DropColumnOp: (
        "the schema has no such column; the remedy drops it with its values: back "
        "them up"
    ),
}
_TWICE: Final = "rows can be there twice; then {fails}"
_WHY: Final[tuple[tuple[type[MigrateOperation], str], ...]] = (
    (ops.DropTableOp, "no service knows it, and a later release may want its name"),
    (ops.DropColumnOp, "no service knows it, and a later release may want its name"),
    (ops.DropConstraintOp, "it refuses rows that services write: {fails}"),
    (ops.DropIndexOp, "every write to {table} pays for it and no service needs it"),
    (ops.CreateIndexOp, "queries read the whole of {table}: slow, as it grows"),
    (ops.CreateUniqueConstraintOp, _TWICE),
    (
        ops.AddConstraintOp,
        "rows are let in that services do not expect; then {fails}",
    ),
    (MigrateOperation, "statements are refused or do something else: {fails}"),
)


def what(change: Change) -> str:
    """Say what is wrong with an object."""
    first, last = change.operations[0], change.operations[-1]
    if change.alterations:
        return ", ".join(_alterations(change))
    if words := _GONE.get(type(first)):
        return words
    if isinstance(first, _REMOVALS):
        replaced = isinstance(last, _ADDITIONS)
        return "it is not the schema's" if replaced else "the schema has no such thing"
    if isinstance(first, _COMMENTS):
        return "the schema says something else"
    if isinstance(first, _ADDITIONS):
        return "it is missing"
    return features.what(first, last)


def why(change: Change) -> str:
    """Say why it matters: which service fails, and how."""
    last = (change.alterations or change.operations)[-1]
    fails = failure(change.table)
    if not type(last).__module__.startswith("alembic."):
        return features.why(last, fails)
    words = next(words for kind, words in _WHY if isinstance(last, kind))
    if _is_comment(last):
        words = "no service fails; people are told something else than the reference"
    elif isinstance(last, ops.CreateIndexOp) and last.unique:
        words = _TWICE
    return words.format(table=change.table, fails=fails)


def _is_comment(operation: MigrateOperation) -> bool:
    if not isinstance(operation, ops.AlterColumnOp):
        return isinstance(operation, _COMMENTS)
    changed = (operation.modify_type, operation.modify_nullable)
    return changed == (None, None) and operation.modify_server_default is False


def _alterations(change: Change) -> Iterator[str]:
    for operation in change.alterations:
        yield from _alteration(operation)
    first = change.operations[0]
    if not isinstance(first, ops.AlterColumnOp):
        yield f"and the {features.noun(first)} must go while it is altered"


def _alteration(op: ops.AlterColumnOp) -> Iterator[str]:
    if op.modify_type is not None:
        yield _differs("type", _type(op.existing_type), _type(op.modify_type))
    if op.modify_nullable is False:
        yield "it may be NULL, which the schema forbids"
    elif op.modify_nullable is True:
        yield "it must not be NULL, which the schema allows"
    if op.modify_server_default is not False:
        old, new = op.existing_server_default, op.modify_server_default
        yield _differs("default", _default(old), _default(new))
    if op.modify_comment is not False:
        yield _differs("comment", repr(op.existing_comment), repr(op.modify_comment))


def _differs(thing: str, live: str, declared: str) -> str:
    return f"its {thing} is {live}, the schema says {declared}"


def _type(kind: object) -> str:
    return kind.compile(DIALECT) if isinstance(kind, TypeEngine) else str(kind)


def _default(default: object) -> str:
    return str(default.arg if isinstance(default, DefaultClause) else default or "none")
