"""Queries whose names are found in pg_catalog alone, whatever a database holds.

A role that may create in a schema of the search_path can make a function or operator
there that fits the arguments of a query better than the server's own, and whoever runs
the query runs that. So a query is analysed with pg_catalog as the only schema, while it
still runs with the search_path of its session: by that the server prints names, and
finds what a query names in a value. See docs/adr/0014-pin-the-search-path.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from psycopg2.extensions import cursor as Psycopg2Cursor  # noqa: N812

if TYPE_CHECKING:
    from psycopg2.sql import Composable

PINNED_PATH: Final = "pg_catalog, pg_temp"
"""Where names are found; a temporary table, named last, stands for nothing else."""

SET_SEARCH_PATH: Final = """
SELECT set_config('search_path', concat_ws(', ', ours, CASE WHEN hides_server THEN (
    SELECT string_agg(quote_ident(name), ', ' ORDER BY place)
    FROM unnest(current_schemas(false)) WITH ORDINALITY AS given (name, place)
    WHERE name <> 'pg_catalog')
  ELSE nullif(current_setting('search_path'), '') END, timescaledb), false)
FROM (SELECT
    'pg_catalog' = ANY ((current_schemas(false))[2:]) AS hides_server,
    (SELECT quote_ident(nspname)
     FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
     WHERE pg_class.oid = to_regclass('alembic_version')
     AND nspname <> current_schema()) AS ours,
    (SELECT quote_ident(nspname)
     FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace
     WHERE extname = 'timescaledb' AND nspname <> ALL (current_schemas(true))
    ) AS timescaledb
) AS away WHERE ours IS NOT NULL OR timescaledb IS NOT NULL OR hides_server
"""
"""Makes the schema of our tables the current one, and finds TimescaleDB in any other.

A schema that is named like the user, made for something else, comes before theirs; a
database may keep its extensions in a schema of their own. The server's own names come
first, even where a path puts them last: some of its functions, such as pg_get_ruledef,
query its catalogs by the session's path. It is a query for a `PinnedCursor`.
"""

# Named with their schema, these functions are the server's on any search_path.
_PIN: Final = f"""
SELECT pg_catalog.set_config('dataforeman.search_path',
  pg_catalog.current_setting('search_path'), true);
SET LOCAL search_path = {PINNED_PATH}
"""
_UNPIN: Final = """
SELECT pg_catalog.set_config('search_path',
  pg_catalog.current_setting('dataforeman.search_path'), true)
"""
# The same without a row or a count of any, after what is asked for neither.
_UNPIN_AFTER: Final = f"""
;DECLARE dataforeman NO SCROLL CURSOR FOR {_UNPIN.strip()};
MOVE ALL FROM dataforeman; CLOSE dataforeman
"""
_QUERY: Final = re.compile(r"\s*(SELECT|WITH|VALUES)\b", re.IGNORECASE)
_ENDS: Final = re.compile(r"\s*(ROLLBACK|RELEASE|COMMIT)\b", re.IGNORECASE)
# A name that is a value is looked up when the query runs, in the session's schemas.
_NAME: Final = re.compile(r"\bCAST\((%\(\w+\)s) AS regclass\)", re.IGNORECASE)
_PLACED_CHANGE: Final = re.compile(
    r'\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(\w+|"[^"]+")\.', re.IGNORECASE
)
# An INSERT of values is asked neither for rows nor how many it made.
_VALUES: Final = re.compile(
    r'(?is)\s*INSERT\s+INTO\s+(\w+|"[^"]+")\.(\w+|"[^"]+")\s*(\([^)]*\)\s*)?'
    r"VALUES\b(?!.*\bRETURNING\b)"
)


def pinned(query: str) -> str:
    """Write statements that return the rows of a query, with its names pinned.

    Names are looked up when a cursor is declared, and nothing runs before it is
    fetched from.

    Args:
        query: One that only reads, as a cursor does; it names tables of ours with
            their schema.

    Returns:
        Statements to be sent at once, of which the last returns the rows.
    """
    query = _NAME.sub(r"to_regclass(\1)", query.strip().rstrip(";"))
    return (
        f"CLOSE ALL; {_PIN}; SET LOCAL cursor_tuple_fraction = 1;"
        f" DECLARE dataforeman NO SCROLL CURSOR FOR {query}\n;"
        f" {_UNPIN}; FETCH ALL FROM dataforeman"
    )


def is_pinned(cursor: Psycopg2Cursor, statement: str) -> bool:
    """Tell whether a statement is a query whose names a cursor pins."""
    return isinstance(cursor, PinnedCursor) and bool(_QUERY.match(statement))


class PinnedCursor(Psycopg2Cursor):
    """Pins the names of queries, and of changes that say the schema of their table.

    Other statements run as they are.
    """

    def execute(self, query: str | bytes | Composable, vars: Any = None) -> None:  # noqa: A002, ANN401 - psycopg2's own
        """Run a statement."""
        if not isinstance(query, str) or self.name is not None:
            super().execute(query, vars)
        elif _QUERY.match(query):
            super().execute(pinned(query), vars)
        elif _PLACED_CHANGE.match(query):
            self._change(query, vars)
        else:
            # What was queried would be in use by the cursor.
            closes = not (self.connection.autocommit or _ENDS.match(query))
            super().execute(f"CLOSE ALL; {query}" if closes else query, vars)

    def _change(self, query: str, vars: Any) -> None:  # noqa: A002, ANN401 - as above
        in_transaction = not self.connection.autocommit
        at_once = in_transaction and bool(_VALUES.match(query))
        after = _UNPIN_AFTER if at_once else ""
        super().execute(f"CLOSE ALL; {_PIN}; {query}{after}", vars)
        if in_transaction and not at_once:
            Psycopg2Cursor(self.connection).execute(_UNPIN)


# psycopg2 looks for the type hstore, which no command needs, by a cursor of its own.
PINNED_ENGINE: Final[dict[str, Any]] = {
    "connect_args": {"cursor_factory": PinnedCursor},
    "use_native_hstore": False,
}
"""Options of SQLAlchemy for an engine whose sessions pin the names of queries."""


IS_UNTRUSTED: Final = """(c.relkind NOT IN ('r', 'p') OR EXISTS (
  SELECT FROM (
    SELECT 'pg_class'::regclass::oid AS class, indexrelid AS id FROM pg_index
    WHERE indrelid = c.oid
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
    WHERE stxrelid = c.oid
    UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid = c.oid
    UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint
    WHERE conrelid = c.oid) AS part
  JOIN pg_depend AS d ON d.classid = part.class AND d.objid = part.id
  LEFT JOIN pg_operator AS o
  ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
  JOIN pg_proc AS p ON p.oid = o.oprcode
  OR d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
  JOIN pg_roles AS r ON r.oid = p.proowner
  WHERE NOT rolsuper AND rolname <> current_user)
OR EXISTS (
  SELECT FROM pg_attribute JOIN pg_type AS t ON t.oid = atttypid
  JOIN pg_roles AS r ON r.oid = typowner
  WHERE attrelid = c.oid AND NOT rolsuper AND rolname <> current_user))
"""
"""Tells of a `pg_class AS c` whether nobody reads it without running others' code.

What has a table's name is a view, or planning a query computes an index, statistics, a
policy or a CHECK by a function of a role that is neither a superuser nor who asks, or
there is a column of a type of such a role, which may cast its values.
"""

UNTRUSTED_QUERY: Final = f"""
SELECT c.relname::text FROM pg_class AS c
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
AND c.relname = ANY ({{names}}) AND {IS_UNTRUSTED}
"""  # noqa: S608 - ours
"""Names the tables of our schema that are such."""

UNTRUSTED_BOOKKEEPING: Final = UNTRUSTED_QUERY.format(
    names="'{alembic_version,schema_history}'::text[]"
)
"""Names those of the migrations' own tables that are such."""

RUN_BY_REVISIONS_QUERY: Final = """
WITH others AS MATERIALIZED (
  SELECT oid AS owner, rolname FROM pg_roles
  WHERE NOT rolsuper AND rolname <> current_user),
path AS MATERIALIZED (
  SELECT oid AS schema FROM pg_namespace WHERE nspname = ANY (current_schemas(false))
  OR oid IN (SELECT extnamespace FROM pg_extension)),
bookkeeping AS (
  SELECT oid, relname, relowner FROM pg_class JOIN path ON schema = relnamespace
  WHERE relname IN ('alembic_version', 'schema_history')),
theirs AS MATERIALIZED (  -- few, of which more is asked
  SELECT p.oid, proname, proowner, EXISTS (SELECT FROM pg_depend
    WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e') AS member
  FROM pg_proc AS p JOIN others ON owner = proowner JOIN path ON schema = pronamespace)
SELECT kind || ' ' || name || ' of role ' || rolname FROM (
  SELECT 'function' AS kind, oid::regprocedure::text AS name, proowner AS owner
  FROM theirs WHERE EXISTS (SELECT FROM pg_proc AS own
    WHERE own.proname = theirs.proname AND (
      own.pronamespace = 'pg_catalog'::regnamespace
      OR NOT member AND EXISTS (SELECT FROM pg_depend
        WHERE classid = 'pg_proc'::regclass AND objid = own.oid AND deptype = 'e')))
  UNION ALL
  SELECT 'operator', oid::regoperator::text, oprowner FROM pg_operator
  JOIN path ON schema = oprnamespace JOIN others ON owner = oprowner
  UNION ALL
  SELECT 'trigger', tgname || ' on ' || relname, proowner
  FROM bookkeeping AS b JOIN pg_trigger ON tgrelid = b.oid
  JOIN pg_proc AS p ON p.oid = tgfoid
  UNION ALL
  SELECT 'rule', rulename || ' on ' || relname, relowner
  FROM bookkeeping AS b JOIN pg_rewrite ON ev_class = b.oid
  UNION ALL
  SELECT 'default', 'of ' || relname, proowner
  FROM bookkeeping AS b JOIN pg_attrdef AS a ON adrelid = b.oid
  JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
  AND d.refclassid = 'pg_proc'::regclass JOIN pg_proc AS p ON p.oid = d.refobjid
) AS made JOIN others USING (owner) ORDER BY 1
"""
"""Names what statements of revisions would run that another role made.

Functions named like the server's or an extension's and operators may fit arguments
better than these; the rest is on the tables in which revisions are recorded. It is in
the schemas of the session or of extensions, and of a role that is neither a superuser
nor who asks. Each revision asks, so what others own is looked for first: naming a
thousand functions takes long.
"""
