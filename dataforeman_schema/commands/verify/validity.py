"""Is what the catalog lists in force? Indexes, constraints and triggers may not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.changes import remake
from dataforeman_schema.commands.verify.conflicts import conflicts
from dataforeman_schema.commands.verify.finding import Finding, Step
from dataforeman_schema.commands.verify.mending import mend, prepare
from dataforeman_schema.commands.verify.offline import quote
from dataforeman_schema.commands.verify.services import failure
from dataforeman_schema.commands.verify.triggers import declared_triggers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Constraint, Index

    from dataforeman_schema.commands.verify.subject import Subject

_INDEXES: Final = """
SELECT t.relname AS "table", i.relname AS name, EXISTS (
  SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
FROM pg_index JOIN pg_class AS t ON t.oid = indrelid JOIN pg_class AS i
ON i.oid = indexrelid
WHERE t.relnamespace = current_schema()::regnamespace
AND NOT (indisvalid AND indisready) ORDER BY 1, 2
"""
# Before PostgreSQL 18 every constraint is enforced.
_CONSTRAINTS: Final = """
SELECT relname AS "table", conname AS name,
  coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) AS enforced
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND NOT convalidated ORDER BY 1, 2
"""
# Those of the server itself enforce the foreign keys.
_TRIGGERS: Final = """
SELECT relname AS "table", tgname AS name, tgisinternal AS internal
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
WHERE relnamespace = current_schema()::regnamespace AND tgenabled IN ('D', 'R')
ORDER BY 1, 2
"""


def check_validity(subject: Subject) -> Iterator[Finding]:
    """Find indexes, constraints and triggers that exist but do nothing.

    What the schema does not have is found, and goes, for that reason.
    """
    for table, name, of_constraint in subject.rows(_INDEXES):
        nouns = ("index", "constraint")
        named = any((table, f"{noun} {name}") in subject.changing for noun in nouns)
        if subject.is_ours(table) and not named:
            yield _index(subject, table, name, of_constraint=of_constraint)
    for table, name, enforced in subject.rows(_CONSTRAINTS):
        named = (table, f"constraint {name}") in subject.changing
        if subject.is_ours(table) and not named:
            yield _constraint(subject, table, name, enforced=enforced)
    yield from _triggers(subject)


def _declared(subject: Subject, table: str, name: str) -> Index | Constraint | None:
    if (model := subject.metadata.tables.get(table)) is None:
        return None
    items: list[Index | Constraint] = [*model.indexes, *model.constraints]
    return next((item for item in items if item.name == name), None)


def _index(subject: Subject, table: str, name: str, *, of_constraint: bool) -> Finding:
    item, extra = _declared(subject, table, name), ""
    # An index of a hypertable cannot be made anew in place.
    in_place = of_constraint and table not in subject.hypertables
    if item is None or in_place:
        remedy = f"REINDEX INDEX {quote(name)};"
    else:
        change = remake(item)
        extra = "".join(f"; {it}" for it in conflicts(subject, change.operations[-1]))
        remedy = "\n".join(mend(subject, change))
    return Finding(
        "index",
        f"index {name} on table {table}",
        f"it is invalid: making it failed or was cut off{extra}",
        f"queries cannot use it while writes pay for it: slow, as {table} grows",
        remedy,
        step=Step.INDEXES,
    )


def _constraint(subject: Subject, table: str, name: str, *, enforced: bool) -> Finding:
    item = _declared(subject, table, name)
    change = None if item is None else remake(item)
    add = () if change is None else change.operations[-1:]
    validate = f"ALTER TABLE {quote(table)} VALIDATE CONSTRAINT {quote(name)};"
    steps = [statement for it in add for statement in prepare(subject, it)]
    if change is not None and not enforced:
        steps, validate = [], "\n".join(mend(subject, change))
    state = "it was never validated" if enforced else "it is not enforced"
    rows = "new rows only" if enforced else "no row"
    said = (clause for it in add for clause in conflicts(subject, it))
    return Finding(
        "constraint",
        f"constraint {name} on table {table}",
        "; ".join((f"it holds for {rows}: {state}", *said)),
        f"rows may break it; then {failure(table)}",
        "\n".join((*steps, validate)),
        step=Step.REFERENCES,
    )


def _triggers(subject: Subject) -> Iterator[Finding]:
    ours = declared_triggers(subject.database)
    disabled: dict[str, list[str]] = {}
    keys: set[str] = set()
    for table, name, internal in subject.rows(_TRIGGERS):
        if table in subject.metadata.tables and (internal or (table, name) in ours):
            disabled.setdefault(table, []).append(name)
            keys.update([table] if internal else [])
    for table, names in disabled.items():
        yield _disabled(table, names, foreign_keys=table in keys)


def _disabled(table: str, names: list[str], *, foreign_keys: bool) -> Finding:
    some = (
        "foreign keys and triggers"
        if foreign_keys
        else f"triggers ({', '.join(names)})"
    )
    who = "; only a superuser can run the remedy" if foreign_keys else ""
    which = "ALL" if foreign_keys else "USER"
    return Finding(
        "trigger",
        f"table {table}",
        f"its {some} are disabled, perhaps since a restore{who}",
        "rows may refer to what does not exist, and updated_at stands still",
        f"ALTER TABLE {quote(table)} ENABLE TRIGGER {which};",
        step=Step.LAST,
    )
