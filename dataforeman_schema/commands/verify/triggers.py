"""Triggers and their functions, of which Alembic's comparison knows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.finding import Finding, Step
from dataforeman_schema.commands.verify.offline import quote
from dataforeman_schema.databases import META, Database
from dataforeman_schema.meta.triggers import (
    FUNCTIONS,
    TRIGGERS,
    Trigger,
    TriggerFunction,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.subject import Subject

_WHY: Final = "updated_at no longer says when a row changed, and caches go stale"

_FUNCTIONS: Final = """
SELECT proname, prosrc, proconfig, lanname, prosecdef, provolatile,
  prorettype = 'trigger'::regtype
FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
WHERE pronamespace = current_schema()::regnamespace AND pronargs = 0
"""
# A trigger whose function an extension owns is that extension's own.
_TRIGGERS: Final = """
SELECT relname AS "table", tgname AS name, pg_get_triggerdef(t.oid, true) AS definition
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = tgrelid
WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal
AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass
  AND d.objid = tgfoid AND deptype = 'e')
ORDER BY 1, 2
"""


def creation(database: Database, table: str) -> Iterator[str]:
    """Write the statements that make the triggers of a table that has none."""
    for trigger in declared_triggers(database).values():
        if trigger.table == table:
            yield f"{trigger.function.create};"
            yield f"{trigger.create};"


def check_triggers(subject: Subject) -> Iterator[Finding]:
    """Find triggers and functions that are missing, changed or not the schema's."""
    if subject.database is META:
        yield from _check_functions(subject)
    declared = declared_triggers(subject.database)
    live = {(row.table, row.name): row.definition for row in subject.rows(_TRIGGERS)}
    for key, trigger in declared.items():
        if trigger.table in subject.tables and live.get(key) != trigger.create:
            yield _differs(trigger, live.get(key))
    for table, name in live.keys() - declared.keys():
        if table in subject.metadata.tables:
            yield _unknown(table, name)


def declared_triggers(database: Database) -> dict[tuple[str, str], Trigger]:
    """List the triggers that a database should have, by table and name."""
    triggers = TRIGGERS if database is META else ()
    return {(trigger.table, trigger.name): trigger for trigger in triggers}


def _check_functions(subject: Subject) -> Iterator[Finding]:
    live = {row[0]: tuple(row)[1:] for row in subject.rows(_FUNCTIONS)}
    for function in FUNCTIONS:
        found = live.get(function.name)
        if found != _as_stored(function):
            state = "does not exist" if found is None else "is not the schema's"
            where = f"function {function.name}()"
            is_trigger = found is None or found[-1]
            drop = "" if is_trigger else f"DROP FUNCTION {function.name}();\n"
            remedy = f"{drop}{function.create};"
            yield Finding("trigger", where, f"it {state}", _WHY, remedy, step=Step.LAST)


def _as_stored(function: TriggerFunction) -> tuple[object, ...]:
    path = f"search_path={function.search_path}"
    return (function.body, [path], "plpgsql", False, "v", True)


def _differs(trigger: Trigger, live: str | None) -> Finding:
    return Finding(
        "trigger",
        _where(trigger.table, trigger.name),
        "it does not exist" if live is None else f"it is not the schema's: {live}",
        _WHY,
        trigger.create.replace("CREATE", "CREATE OR REPLACE", 1) + ";",
        step=Step.LAST,
    )


def _unknown(table: str, name: str) -> Finding:
    return Finding(
        "trigger",
        _where(table, name),
        "the schema has no such trigger",
        f"it runs at every write to {table} and may change or refuse it",
        f"DROP TRIGGER {quote(name)} ON {quote(table)};",
        step=Step.REMOVALS,
    )


def _where(table: str, name: str) -> str:
    return f"trigger {name} on table {table}"
