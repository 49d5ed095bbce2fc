"""What a role can make so that whoever else looks at a database runs its code.

A trap draws a number from a sequence of its own when it is sprung: no rollback takes
that back.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SCHEMA: Final = "mine"
"""The attacker's schema, with the sequences and what traps run."""


class Trap(NamedTuple):
    """Something that runs when somebody else means something of the server's own.

    Attributes:
        name: Its name here.
        make: What makes it, with `{run}` for a function that springs it.
        bait: A statement that springs it, in any session; it may say `FROM c`.
        takes: The arguments of that function.
        gives: What it returns.
    """

    name: str
    make: str
    bait: str
    takes: str = ""
    gives: str = "boolean"


def _operator(sign: str, left: str, right: str, gives: str = "boolean") -> Trap:
    """Make an operator that fits its arguments better than the server's."""
    make = f"CREATE OPERATOR public.{sign} (LEFTARG = {left}, RIGHTARG = {right},"
    bait = f"SELECT NULL::{left} {sign} NULL::{right}"
    return Trap(bait, f"{make} FUNCTION = {{run}})", bait, f"{left}, {right}", gives)


def _function(name: str, takes: str, gives: str = "text") -> Trap:
    """Make a function that fits its arguments better than the server's."""
    kinds = takes.split(", ")
    given = ", ".join(f"${number + 1}" for number in range(len(kinds)))
    bait = f"SELECT {name}({', '.join(f'NULL::{kind}' for kind in kinds)})"
    make = f"CREATE FUNCTION public.{name}({takes}) RETURNS {gives} LANGUAGE sql AS"
    return Trap(bait, f"{make} 'SELECT {{run}}({given})'", bait, takes, gives)


def _aggregate(name: str, takes: str, gives: str, start: str) -> Trap:
    """Make an aggregate that fits its arguments better than the server's."""
    given = ", ".join(f"relname::{kind}" for kind in takes.split(", "))
    bait = f"SELECT {name}({given}) FROM c"  # noqa: S608 - ours
    return Trap(
        bait,
        f"CREATE AGGREGATE public.{name}({takes})"
        f" (SFUNC = {{run}}, STYPE = {gives}, INITCOND = '{start}')",
        bait,
        f"{gives}, {takes}",
        gives,
    )


OVERLOADS: Final = (
    _operator("=", "oid", "regclass"),
    _operator("=", "varchar", "varchar"),
    _operator("=", "varchar", "text"),
    _operator("=", "name", "varchar"),
    _operator("=", "smallint", "oid"),
    _operator("<>", "name", "varchar"),
    _operator("<>", "varchar", "varchar"),
    _operator("||", "name", "name", "text"),
    _operator("||", "text", "oid", "text"),
    _operator("||", "text", "regclass", "text"),
    _operator("<", "oid", "integer"),
    _operator("*", "numeric", "integer", "numeric"),
    _operator("~", "varchar", "text"),
    _function("concat_ws", "text, timestamptz, oid"),
    _function("concat_ws", "text, text, text"),
    _function("concat", "varchar"),
    _function("format", "text, name"),
    _function("format", "text, name, name"),
    _function("quote_ident", "name"),
    _function("to_regclass", "name", "regclass"),
    _function("set_config", "text, name, boolean"),
    _function("obj_description", "oid, text"),
    _function("col_description", "oid, smallint"),
    _function("pg_relation_size", "oid", "bigint"),
    _function("pg_table_size", "oid", "bigint"),
    _function("pg_describe_object", "oid, oid, smallint"),
    _function("generate_series", "integer, smallint", "integer"),
    _function("cardinality", "text[]", "integer"),
    _function("unnest", "oid[]", "oid"),
    _function("length", "name", "integer"),
    _aggregate("array_agg", "name", "text[]", "{}"),
    _aggregate("string_agg", "name, text", "text", ""),
    _aggregate("jsonb_agg", "name", "jsonb", "[]"),
    _aggregate("count", "name", "bigint", "0"),
)
"""Functions and operators in public that are named like the server's."""

SHADOWS: Final = (
    _operator("=", "oid", "oid"),
    _operator("=", "name", "name"),
    _operator("=", "text", "text"),
    _function("to_regclass", "text", "regclass"),
    _function("current_setting", "text"),
    _function("set_config", "text, text, boolean"),
    Trap(
        "current_schema()",
        "CREATE FUNCTION public.current_schema() RETURNS name LANGUAGE sql AS"
        " 'SELECT {run}()::text::name'",
        "SELECT current_schema()",
    ),
    Trap(
        "search_path",
        'ALTER DATABASE {database} SET search_path = "$user", public, pg_catalog;'
        "CREATE FUNCTION public.version() RETURNS text LANGUAGE sql AS"
        " 'SELECT {run}()::text'",
        "SELECT version()",
    ),
)
"""What is just like the server's own, on a search_path that has it before these."""

OF_EXTENSION: Final = (
    _function("hypertable_size", "text", "bigint"),
    _function("approximate_row_count", "oid", "bigint"),
    _function("show_chunks", "text", "regclass"),
    _function("alter_job", "integer, boolean", "integer"),
)
"""Functions that are named like TimescaleDB's, where these are."""

OTHERS: Final = (
    Trap(
        "view named like a catalog",
        "CREATE VIEW public.pg_namespace AS SELECT {run}() AS oid",
        "SELECT * FROM public.pg_namespace",
    ),
    Trap(
        "view named like the record of revisions",
        f"CREATE VIEW {SCHEMA}.alembic_version AS"
        " SELECT {run}()::text AS version_num",
        "TABLE mine.alembic_version",
    ),
    Trap(
        "view named like a table of ours",
        f"CREATE VIEW {SCHEMA}.connections AS SELECT {{run}}() AS id",
        "TABLE mine.connections",
    ),
    Trap(
        "default of a foreign table",
        "ALTER TABLE public.theirs ALTER a SET DEFAULT {run}()",
        "INSERT INTO public.theirs DEFAULT VALUES",
        gives="integer",
    ),
    Trap(
        "CHECK of a foreign table",
        "ALTER TABLE public.theirs ADD CHECK ({run}(a))",
        "INSERT INTO public.theirs VALUES (1)",
        "integer",
    ),
    Trap(
        "rule of a foreign table",
        "CREATE RULE r AS ON DELETE TO public.theirs DO ALSO SELECT {run}()",
        "DELETE FROM public.theirs",
    ),
    Trap(
        "index of a foreign table",
        "CREATE INDEX ON public.theirs ({run}(a))",
        "INSERT INTO public.theirs VALUES (1)",
        "integer",
        "integer",
    ),
    Trap(
        "index of a foreign table on nothing of it",
        "CREATE INDEX ON public.theirs ({run}(1))",
        "SELECT FROM public.theirs",
        "integer",
        "integer",
    ),
    Trap(
        "materialized view",
        "CREATE MATERIALIZED VIEW public.seen AS SELECT {run}() WITH NO DATA",
        "REFRESH MATERIALIZED VIEW public.seen",
    ),
    Trap(
        "domain",
        f"CREATE DOMAIN {SCHEMA}.d AS integer CHECK ({{run}}(VALUE))",
        f"SELECT 1::{SCHEMA}.d",
        "integer",
    ),
    Trap(
        "cast",
        f"CREATE CAST ({SCHEMA}.kind AS text) WITH FUNCTION {{run}}({SCHEMA}.kind)"
        " AS IMPLICIT",
        f"SELECT 'a'::{SCHEMA}.kind::text",
        f"{SCHEMA}.kind",
        "text",
    ),
)
"""What else there is that is not ours."""

ON_OURS: Final = (
    Trap(
        "default",
        "ALTER TABLE connections ALTER type SET DEFAULT {run}()",
        "INSERT INTO connections (name) VALUES ('a')",
        gives="text",
    ),
    Trap(
        "CHECK",
        "ALTER TABLE connections DROP CONSTRAINT connections_type_check;"
        " ALTER TABLE connections ADD CONSTRAINT connections_type_check"
        " CHECK ({run}(type)) NOT VALID",
        "INSERT INTO connections (name, type) VALUES ('a', 'eip')",
        "text",
    ),
    Trap(
        "index on an expression",
        "CREATE INDEX ON connections ({run}(1))",
        "SELECT FROM connections",
        "integer",
        "integer",
    ),
    Trap(
        "partial index",
        "CREATE INDEX ON connections (id) WHERE {run}(2)",
        "SELECT FROM connections",
        "integer",
    ),
    Trap(
        "rule",
        "CREATE RULE r AS ON DELETE TO connections DO ALSO SELECT {run}()",
        "DELETE FROM connections WHERE false",
    ),
    Trap(
        "policy",
        "ALTER TABLE connections ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY p ON connections USING ({run}())",
        "SELECT {run}()",
    ),
    Trap(
        "trigger of a function that runs it",
        f"CREATE FUNCTION {SCHEMA}.t() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM {run}(); RETURN NEW; END';"
        " CREATE TRIGGER t BEFORE UPDATE ON connections"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.t()",
        "UPDATE connections SET name = name WHERE false",
    ),
)
"""What the owner of a table of ours can make of it."""

OF_READINGS: Final = Trap(
    "CHECK and index of a hypertable",
    "ALTER TABLE system_metrics ADD CHECK ({run}(1) IS NULL);"
    "CREATE INDEX ON system_metrics (ts, {run}(1))",
    "SELECT FROM system_metrics WHERE ts > '2000-01-01'",
    "integer",
    "integer",
)
"""What the owner of a hypertable of ours can make of it.

Which of both a query computes depends on the release of TimescaleDB, and on whether the
server's process has read the table before.
"""

RECORDS: Final = (
    Trap(
        "view",
        "CREATE VIEW public.alembic_version AS SELECT {run}()::text AS version_num",
        "TABLE alembic_version",
    ),
    Trap(
        "column with a cast",
        "CREATE CAST (mine.kind AS text) WITH FUNCTION {run}(mine.kind);"
        "CREATE TABLE public.alembic_version (version_num mine.kind);"
        "INSERT INTO public.alembic_version VALUES ('a')",
        "SELECT version_num::text FROM alembic_version",
        f"{SCHEMA}.kind",
        "text",
    ),
    Trap(
        "index on an expression",
        "CREATE TABLE public.alembic_version (version_num text);"
        "CREATE INDEX ON public.alembic_version ({run}(1))",
        "TABLE alembic_version",
        "integer",
        "integer",
    ),
)
"""What may be in the place of the record of revisions before there is any."""
