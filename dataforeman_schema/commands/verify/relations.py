"""What a table is and has besides columns, keys and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.history import OWN_TABLES
from dataforeman_schema.commands.verify.finding import Finding, Step
from dataforeman_schema.commands.verify.offline import quote
from dataforeman_schema.commands.verify.services import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.verify.subject import Subject

_EXCLUSIONS: Final = """
SELECT relname AS "table", conname AS name, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND contype = 'x' ORDER BY 1, 2
"""
# A rule of an extension is that extension's own.
_RULES: Final = """
SELECT relname AS "table", rulename AS name
FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = ev_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.classid = 'pg_rewrite'::regclass
  AND d.objid = r.oid AND deptype = 'e')
ORDER BY 1, 2
"""
_UNLOGGED: Final = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
AND relpersistence = 'u'
"""
# Without a policy that permits something nothing is permitted.
_CLOSED: Final = """
SELECT relname AS "table", relforcerowsecurity AS forced FROM pg_class AS c
WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity
AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polpermissive)
ORDER BY 1
"""


def check_exclusions(subject: Subject) -> Iterator[Finding]:
    """Find exclusion constraints; no model has any."""
    for table, name, definition in subject.rows(_EXCLUSIONS):
        if subject.is_ours(table):
            yield Finding(
                "drift",
                f"constraint {name} of table {table}",
                f"the schema has no such thing: {definition}",
                f"it refuses rows that services write: {failure(table)}",
                f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)};",
                step=Step.REMOVALS,
            )


def check_rules(subject: Subject) -> Iterator[Finding]:
    """Find rules; the schema has none."""
    for table, name in subject.rows(_RULES):
        if subject.is_ours(table):
            yield Finding(
                "rule",
                f"rule {name} on table {table}",
                "the schema has no such rule",
                f"the server does something else than what services ask of {table}",
                f"DROP RULE {quote(name)} ON {quote(table)};",
                step=Step.REMOVALS,
            )


def check_logged(subject: Subject) -> Iterator[Finding]:
    """Find tables that lose their rows when the server crashes.

    None can be logged while it refers to one that is not, so those come first.
    """
    found = {name for (name,) in subject.rows(_UNLOGGED)}
    models = [table.name for table in subject.metadata.sorted_tables]
    for table in (name for name in (*models, *OWN_TABLES) if name in found):
        yield Finding(
            "drift",
            f"table {table}",
            "it is unlogged, the schema's is not",
            "a crash of the server empties it, and no standby or base backup has its "
            f"rows; then {failure(table)}",
            f"ALTER TABLE {quote(table)} SET LOGGED;",
            step=Step.REMOVALS,  # before foreign keys come, which need logged tables
        )


def check_row_security(subject: Subject) -> Iterator[Finding]:
    """Find tables whose rows are hidden from all; a policy is an operator's intent."""
    for table, forced in subject.rows(_CLOSED):
        if subject.is_ours(table):
            but = "" if forced else " but its owner and superusers"
            yield Finding(
                "row-security",
                f"table {table}",
                f"its row security is on, and no policy permits anybody{but} anything",
                f"services see no rows and cannot write any: {failure(table)}",
                f"ALTER TABLE {quote(table)} DISABLE ROW LEVEL SECURITY;",
            )
