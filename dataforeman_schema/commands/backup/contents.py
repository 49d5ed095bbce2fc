"""What a database holds: catalog, what TimescaleDB keeps of it, and counts of rows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from dataforeman_schema.catalog.comparison import remake
from dataforeman_schema.catalog.snapshot import snapshot
from dataforeman_schema.commands.adoption import proof
from dataforeman_schema.commands.untrusted import run_by_restoring, untrusted_tables
from dataforeman_schema.databases import recorded_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

_SCHEMA: Final = text("""
SELECT coalesce((SELECT nspname FROM pg_class JOIN pg_namespace AS n
  ON n.oid = relnamespace WHERE relname = 'alembic_version' AND relkind = 'r'
  AND nspname !~ '^pg_' ORDER BY nspname <> 'public', nspname LIMIT 1), 'public')
""")
_HAS_TIMESCALEDB: Final = text(
    "SELECT to_regclass('timescaledb_information.jobs') IS NOT NULL"
)
# Who owns what, and when a job runs next, is another thing where it is restored.
_TIMESCALEDB: Final = {
    "dimensions": """
SELECT hypertable_schema || '.' || hypertable_name || ' ' || dimension_number,
  to_jsonb(d) - 'hypertable_owner' FROM timescaledb_information.dimensions AS d""",
    "hypertables": """
SELECT hypertable_schema || '.' || hypertable_name,
  jsonb_build_object('chunks', num_chunks, 'columnstore', compression_enabled)
FROM timescaledb_information.hypertables""",
    "jobs": """
SELECT job_id || ' ' || proc_name,
  to_jsonb(j) - ARRAY['owner', 'scheduled', 'next_start']
FROM timescaledb_information.jobs AS j WHERE job_id >= 1000""",
}
_AGGREGATES: Final = text("""
SELECT format('%I.%I', materialization_hypertable_schema,
              materialization_hypertable_name)
FROM timescaledb_information.continuous_aggregates ORDER BY 1
""")


@dataclass(frozen=True)
class Contents:
    """What two databases must have in common to be the same.

    Attributes:
        schema: The schema of our tables.
        revisions: The revisions that it records.
        catalog: What is in the schema of its tables, in the server's words, and what
            TimescaleDB keeps of them.
        tables: How many rows each table has, by its name, with their checksum if it
            was asked for; materialized aggregates are tables, too.
        unread: The tables that were not read, for that runs what other roles made.
        run_by_restoring: What other roles made that restoring it runs.
    """

    schema: str
    revisions: list[str]
    catalog: dict[str, dict[str, Any]]
    tables: dict[str, proof.Fingerprint]
    unread: list[str]
    run_by_restoring: list[str]

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(each.rows for each in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        """Write it for a file."""
        return {**asdict(self), "tables": proof.report(self.tables)}

    @classmethod
    def of_json(cls, read: Mapping[str, Any]) -> Contents:
        """Read it from a file.

        Raises:
            KeyError, TypeError: It is not what `as_json` writes.
        """
        tables = {
            each["table"]: proof.Fingerprint(each["rows"], each["checksum"])
            for each in read["tables"]
        }
        return cls(**{**read, "tables": tables})


def read_contents(
    connection: Connection, *, counts_only: bool, say: Callable[[str], None]
) -> Contents:
    """Read what a database holds, in the transaction of a connection.

    Args:
        connection: An open connection; nothing is written.
        counts_only: Whether rows are only counted, and not hashed.
        say: Told what is being read.

    Raises:
        DBAPIError: A table may not be read.
    """
    schema = str(connection.scalar(_SCHEMA))
    catalog = _read_catalog(connection, schema)
    tables = proof.tables(connection)
    aggregates: dict[str, list[str]] = {}
    if connection.scalar(_HAS_TIMESCALEDB):
        for kind, query in _TIMESCALEDB.items():
            rows = connection.execute(text(query)).tuples().all()
            catalog[kind] = _as_json(dict(rows))
        aggregates = {name: [] for name in connection.scalars(_AGGREGATES)}
    unread = untrusted_tables(connection, tables)
    tables = {name: tables[name] for name in tables if name not in unread}
    only_counted = [*aggregates, *(tables if counts_only else ())]
    found = proof.fingerprints(
        connection, tables | aggregates, counts_only=only_counted, say=say
    )
    revisions: list[str] = []
    if "alembic_version" in catalog["tables"]:
        quoted = connection.dialect.identifier_preparer.quote(schema)
        revisions = [*connection.scalars(text(recorded_query(quoted)))]
    runs = run_by_restoring(connection)
    return Contents(schema, revisions, catalog, found, sorted(unread), runs)


def _as_json(catalog: Any) -> Any:  # noqa: ANN401 - JSON
    return json.loads(json.dumps(catalog, default=str))


def expect_what_restores(connection: Connection, before: Contents) -> None:
    """Expect of checks and indexes what a server makes of its own words.

    What it prints of an expression may not be what it prints of that text.

    Args:
        connection: A connection to what was restored; what is done there is rolled
            back.
        before: What was dumped, which is changed.
    """
    restored = _read_catalog(connection, before.schema)
    for kind in ("constraints", "indexes"):
        for key, expected in before.catalog[kind].items():
            if restored[kind].get(key, expected) == expected:
                continue
            _set_search_path(connection, before.schema)
            remake(
                connection, kind, key.removeprefix(f"{expected['table']}."), expected
            )
            again = _read_catalog(connection, before.schema)[kind][key]
            if again == restored[kind][key]:
                before.catalog[kind][key] = again
    connection.rollback()


def _read_catalog(connection: Connection, schema: str) -> dict[str, dict[str, Any]]:
    """Read a schema in words that do not depend on who asks."""
    _set_search_path(connection, "pg_catalog")
    read: dict[str, dict[str, Any]] = _as_json(snapshot(connection, schema, without=()))
    return read


def _set_search_path(connection: Connection, schema: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(schema)
    connection.execute(text(f"SET LOCAL search_path TO {quoted}"))


def differences(before: Contents, after: Contents) -> Iterator[str]:
    """Say what of a database is not as it was.

    Args:
        before: What it held.
        after: What it holds.
    """
    if before.schema != after.schema:
        yield f"our tables are in schema {after.schema}, and were in {before.schema}"
    if before.revisions != after.revisions:
        yield f"revisions are {after.revisions}, and were {before.revisions}"
    for kind in before.catalog | after.catalog:
        old, new = before.catalog.get(kind, {}), after.catalog.get(kind, {})
        for name in old | new:
            if old.get(name) != new.get(name):
                yield f"{kind}: {name} {_difference(old.get(name), new.get(name))}"
    yield from proof.differences(before.tables, after.tables)


def _difference(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if new is None:
        return "is missing"
    if old is None:
        return "was not there"
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return f"has another {', '.join(changed)}"
