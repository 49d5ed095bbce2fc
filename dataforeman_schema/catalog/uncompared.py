"""What models make in a schema that no query of a snapshot reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Whatever is in a schema depends on it, but for what is part of something else.
_UNCOMPARED: Final = text("""
SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend AS d
WHERE d.refclassid = CAST('pg_namespace' AS regclass)
AND d.refobjid = CAST(CAST(:schema AS regnamespace) AS oid) AND d.deptype = 'n'
AND d.classid <> CAST('pg_statistic_ext' AS regclass)
AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = d.objid
  AND d.classid = CAST('pg_class' AS regclass) AND c.relkind <> 'c')
AND NOT EXISTS (SELECT FROM pg_type AS t WHERE t.oid = d.objid
  AND d.classid = CAST('pg_type' AS regclass) AND t.typtype IN ('d', 'e', 'r', 'm'))
AND NOT EXISTS (SELECT FROM pg_proc AS p WHERE p.oid = d.objid
  AND d.classid = CAST('pg_proc' AS regclass) AND p.prokind <> 'a')
UNION ALL
SELECT format('policy %s on table %s', polname, relname) FROM pg_policy
JOIN pg_class AS c ON c.oid = polrelid
WHERE relnamespace = CAST(CAST(:schema AS regnamespace) AS oid)
""")


def uncompared(connection: Connection, schema: str) -> list[str]:
    """Describe what is in a schema and is not compared, aggregates and policies say."""
    return list(connection.scalars(_UNCOMPARED, {"schema": schema}))
