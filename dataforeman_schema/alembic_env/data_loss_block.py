"""The block that has a server count what statements would lose, and refuse it.

It runs the statements in a transaction within the session's, which it undoes, and looks
at what has gone of the catalog. What may have held something it locks, and counts in a
second run.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.definitions import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOSES_DATA: Final = "DL002"
"""The SQLSTATE of the block's refusal."""

_HARMLESS: Final = frozenset(
    {
        *("ANALYZE", "CLUSTER", "COMMENT", "COPY", "CREATE", "GRANT", "INSERT", "LOCK"),
        *("REFRESH", "REINDEX", "RELEASE", "RESET", "REVOKE", "ROLLBACK", "SAVEPOINT"),
        *("SET", "SHOW", "UPDATE", "VACUUM", "VALUES"),
    }
)
_LOSING: Final = re.compile(
    r"\b(DROP|TYPE|TRUNCATE|DELETE|MERGE|DO|CALL)\b", re.IGNORECASE
)
_HIDDEN: Final = re.compile(r"\bDELETE\s+FROM\b|;\s*[^\s;]", re.IGNORECASE)
"""A second statement, or one within another."""
_COMMITS: Final = re.compile(r"(?<!ON )\bCOMMIT\s*(;|AND\b)", re.IGNORECASE)
"""What goes in batches cannot be tried: it would not be undone."""
_READING: Final = re.compile(
    r"\bFROM\s+(pg_|(information_schema|timescaledb_information)\."
    r"|((\w+|\"[^\"]+\")\.)?(alembic_version|schema_history)\b)",
    re.IGNORECASE,
)
"""What Alembic, operations and reflection read by the way."""
_PRESENT: Final = """
          SELECT coalesce(jsonb_agg(key), '[]') FROM (
            SELECT oid::text AS key, relnamespace FROM pg_class
            WHERE relkind IN ('r', 'p', 'v')
            UNION ALL
            SELECT attrelid || '.' || attnum, relnamespace
            FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            WHERE relkind IN ('r', 'p') AND attnum > 0
          ) AS things JOIN pg_namespace n ON n.oid = relnamespace
          WHERE nspname !~ '^(pg_|information_schema$|_timescaledb_)'"""
PRESENT_QUERY: Final = f"SELECT ({_PRESENT})::text"
"""Asks what there is to lose, for `data_loss_block`."""

_HERE: Final = Path(__file__)
_BLOCK: Final = _HERE.with_name("data_loss.sql").read_text(encoding="utf-8")
_SNAPSHOT: Final = _HERE.with_name("data_loss_snapshot.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Examined:
    """A statement that the block tries.

    Attributes:
        sql: Its text, without a semicolon.
        owns: The table whose rows it deletes by its name, which is no loss; none.
        guarded: Whether it is to be looked at; another guards itself.
    """

    sql: str
    owns: str = ""
    guarded: bool = True

    @property
    def may_lose(self) -> bool:
        """Whether it is of a kind that loses something."""
        return self.guarded and may_lose(self.sql)


def may_lose(sql: str) -> bool:
    """Tell whether a statement is of a kind that may lose something."""
    verb = (sql.split(None, 1) or [""])[0].upper()
    if verb == "DO" and _COMMITS.search(sql):
        return False
    if _HIDDEN.search(sql):
        return bool(_LOSING.search(sql))
    if verb == "ALTER":
        return bool(_LOSING.search(sql))
    return verb not in _HARMLESS and not (verb == "SELECT" and _READING.search(sql))


@dataclass(frozen=True)
class Baseline:
    """What is known before statements are tried.

    Attributes:
        message: What the block fails with; ``%s`` stands for what is lost.
        lost: What is lost already, by kind and name; the detail of the failure tells
            it and what is added to it.
        present: What there is to lose, as `PRESENT_QUERY` says it; None: what is there
            when the block runs.
    """

    message: str = "%s"
    lost: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    present: str | None = None


def data_loss_block(
    statements: Iterable[Examined], baseline: Baseline, buckets: str | None = None
) -> str:
    """Write the block that fails if statements lose something.

    Args:
        statements: What it tries, in order.
        baseline: What is known before.
        buckets: The statement that refuses to lose the buckets of the aggregate whose
            name is ``@view@``, where there can be some.

    Returns:
        The SQL, without a semicolon.
    """
    listed = list(statements)
    present = baseline.present
    parts = {
        "snapshot": indent(_SNAPSHOT.strip(), " " * 8).strip(),
        "statements": _array(each.sql for each in listed),
        "owns": _array(each.owns if each.guarded else None for each in listed),
        "known": literal(json.dumps(baseline.lost)),
        "present": literal(present) if present else f"({_PRESENT.strip()})",
        "message": literal(baseline.message),
        "state": LOSES_DATA,
        "buckets": literal(buckets),
        "quote": _quote(each.sql for each in listed),
    }
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], _BLOCK).strip()


def _quote(texts: Iterable[str]) -> str:
    """Find dollar quotes that occur in none of some texts."""
    quote, whole = "$data_loss$", "".join(texts)
    while quote in whole:
        quote = f"{quote[:-1]}_$"
    return quote


def _array(values: Iterable[str | None]) -> str:
    return f"ARRAY[\n    {f',{chr(10)}    '.join(map(_text, values))}]::text[]"


def _text(value: str | None) -> str:
    if value and "\\" in value:  # whatever standard_conforming_strings says
        return "E" + literal(value.replace("\\", "\\\\"))
    return literal(value)
