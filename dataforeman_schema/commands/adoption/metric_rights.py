"""Owner, rights and storage options of `system_metrics`, for the new table."""

# ruff: noqa: S608 (what is put into the queries are names and expressions of ours)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from dataforeman_schema.commands.adoption.metric_records import FORMER

if TYPE_CHECKING:
    from sqlalchemy import Connection, TextClause

_TABLES: Final = f"""
former AS (SELECT * FROM pg_class WHERE oid = CAST('{FORMER}' AS regclass)),
new AS (SELECT * FROM pg_class WHERE oid = to_regclass('system_metrics'))
"""
_OWNER: Final = text(f"""
WITH {_TABLES}
SELECT format('ALTER TABLE system_metrics OWNER TO %I',
  pg_get_userbyid(former.relowner))
FROM former, new WHERE former.relowner <> new.relowner
""")

# What default privileges of the schema gave goes first. Whose rights are the server's
# defaults, as most are, has none written down.
_RIGHTS: Final = text(f"""
WITH {_TABLES}, steps (rank, step, grantee, grants) AS (
  SELECT 1, 'REVOKE ALL ON system_metrics FROM', grantee, false
  FROM former, new, aclexplode(coalesce(new.relacl, acldefault('r', new.relowner)))
  WHERE former.relacl IS DISTINCT FROM new.relacl
  UNION
  SELECT 2, format('GRANT %s ON system_metrics TO', privilege_type), grantee,
    is_grantable
  FROM former, new,
    aclexplode(coalesce(former.relacl, acldefault('r', former.relowner)))
  WHERE former.relacl IS DISTINCT FROM new.relacl
  UNION
  SELECT 2, format('GRANT %s (%I) ON system_metrics TO', privilege_type, name), grantee,
    is_grantable
  FROM former JOIN pg_attribute ON attrelid = former.oid AND NOT attisdropped
  JOIN (VALUES ('tag_id', 'metric_name'), ('ts', 'ts'), ('v_num', 'value'))
    AS columns (former_name, name) ON former_name = attname, aclexplode(attacl)
)
SELECT concat_ws(' ', step,
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
  CASE WHEN grants THEN 'WITH GRANT OPTION' END)
FROM steps ORDER BY rank
""")
_STORAGE: Final = text(f"""
WITH {_TABLES}
SELECT format('ALTER TABLE system_metrics SET (%s)', array_to_string(reloptions, ', '))
FROM former WHERE reloptions IS NOT NULL
""")


def give_rights(connection: Connection) -> None:
    """Let the new table be whose the former one is, with all that was granted.

    A right to the tag is one to the metric's name. The former table keeps its own, and
    comes back with them.

    Raises:
        DBAPIError: The user may not give the table to that owner.
    """
    for query in (_OWNER, _RIGHTS, _STORAGE):
        _run_found(connection, query)


def _run_found(connection: Connection, query: TextClause) -> None:
    for statement in connection.scalars(query).all():
        connection.exec_driver_sql(statement.replace("%", "%%"))
