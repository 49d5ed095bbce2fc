"""Why a difference matters: which check it belongs to, which service fails and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import ops

from dataforeman_schema.catalog.changes import noun
from dataforeman_schema.catalog.describe import is_comment, is_key, state_of
from dataforeman_schema.catalog.operation import ObjectOp, RenameOp
from dataforeman_schema.commands.findings import Check
from dataforeman_schema.commands.services import failure

if TYPE_CHECKING:
    from dataforeman_schema.catalog.changes import Change

_TWICE: Final = "rows can be there twice; then {fails}"
_REFUSED: Final = "statements are refused or do something else: {fails}"
_STALE: Final = "updated_at no longer says when a row changed, and caches go stale"
_SLOW: Final = "queries cannot use it while writes pay for it: slow, as {table} grows"
_BROKEN: Final = "rows may break it; then {fails}"
_STATES: Final = {
    "persistence": (
        Check.DRIFT,
        (
            "a crash of the server empties it, and no standby or base backup has its "
            "rows; then {fails}"
        ),
    ),
    "closed": (
        Check.ROW_SECURITY,
        "services see no rows and cannot write any: {fails}",
    ),
    "keys_enforced": (
        Check.TRIGGER,
        "rows may refer to what does not exist, and updated_at stands still",
    ),
    "enabled": (Check.TRIGGER, "updated_at stands still"),
    "enforced": (Check.CONSTRAINT, _BROKEN),
    "validated": (Check.CONSTRAINT, _BROKEN),
    "valid": (Check.INDEX, _SLOW),
    "index_valid": (Check.INDEX, _SLOW),
}
_KINDS: Final = {
    "triggers": Check.TRIGGER,
    "functions": Check.TRIGGER,
    "rules": Check.RULE,
    "sequences": Check.PRIMARY_KEY,
}
_MISSING: Final = {
    "indexes": "queries read the whole of {table}: slow, as it grows",
    "constraints": "rows are let in that services do not expect; then {fails}",
    "sequences": "new rows are refused: {fails}",
    "triggers": _STALE,
    "functions": _STALE,
}
_UNKNOWN: Final = {
    "indexes": "it refuses rows that services write: {fails}",
    "constraints": "it refuses rows that services write: {fails}",
    "triggers": "it runs at every write to {table} and may change or refuse it",
    "rules": "the server does something else than what services ask of {table}",
}
_FEATURES: Final = {
    "hypertable": "no chunk can be dropped or skipped; as it grows, {fails}",
    "chunk interval": "chunks do not fit the memory planned for them; then {fails}",
    "columnstore": "readings take many times the space; when the disk is full, {fails}",
    "retention policy": "rows go too soon, or stay until the disk is full",
    "": "as it grows, {fails}",
}


def check_of(change: Change) -> Check:
    """Say which check a difference belongs to."""
    if state := state_of(change):
        return _STATES[state][0]
    if is_key(change):
        return Check.PRIMARY_KEY
    kinds = [op.kind for op in change.objects]
    return next((_KINDS[kind] for kind in kinds if kind in _KINDS), Check.DRIFT)


def impact(change: Change) -> str:
    """Say why it matters: which service fails, and how."""
    return _impact(change).format(table=change.table, fails=failure(change.table))


def _impact(change: Change) -> str:
    first = change.operations[0]
    last = (change.alterations or change.operations)[-1]
    if not (isinstance(last, ObjectOp) or type(last).__module__.startswith("alembic.")):
        names = (
            words for name, words in _FEATURES.items() if noun(last).startswith(name)
        )
        return next(names, "as it grows, {fails}")
    if state := state_of(change):
        return _STATES[state][1]
    if is_comment(change):
        return "no service fails; people are told something else than the reference"
    if isinstance(first, (ops.DropTableOp, ops.DropColumnOp)):
        return "no service knows it, and a later release may want its name"
    return _impact_of_object(change)


def _impact_of_object(change: Change) -> str:
    if isinstance(change.operations[0], RenameOp):
        return "no service fails; a release that changes it by its name does"
    if not change.objects or change.alterations:
        return _REFUSED
    if (change.expected or {}).get("of_extension"):
        return "rows may get where no query finds them: {fails}"
    kind = change.objects[-1].kind
    found = change.expected or change.live or {}
    if change.expected is None:
        return _UNKNOWN.get(kind, _REFUSED)
    if found.get("type") in {"p", "u"} or found.get("unique"):
        return _TWICE
    replaced = change.live is not None and found.get("type") == "f"
    return _REFUSED if replaced else _MISSING.get(kind, _REFUSED)
