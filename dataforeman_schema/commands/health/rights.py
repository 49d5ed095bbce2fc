"""May those who migrate and those who serve do what they have to?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES
from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.commands.findings import Check, Finding, Note
from dataforeman_schema.printable import requote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.context import VerifyContext

_OWNERS: Final = """
SELECT pg_get_userbyid(relowner), current_user,
  array_agg(relname::text ORDER BY relname)
FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace
AND relkind IN ('r', 'p') AND relname = ANY (:tables)
AND NOT pg_has_role(relowner, 'USAGE') GROUP BY 1, 2 ORDER BY 1
"""
# Asked of a role that does not exist, the functions give NULL.
_LACKING: Final = """
WITH app AS (SELECT (SELECT oid FROM pg_roles WHERE rolname = :role) AS id),
ours AS (SELECT * FROM pg_class
  WHERE relnamespace = quote_ident(current_schema())::regnamespace
  AND relkind IN ('r', 'p') AND relname = ANY (:tables)),
rights AS (
  SELECT 'SCHEMA ' || quote_ident(nspname) AS object, 'USAGE' AS name,
    has_schema_privilege(id, n.oid, 'USAGE') AS given
  FROM app, pg_namespace AS n WHERE nspname = current_schema()
  UNION ALL SELECT 'TABLE ' || oid::regclass, name, has_table_privilege(id, oid, name)
  FROM app, ours, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS name
  UNION ALL SELECT 'SEQUENCE ' || s.oid::regclass, 'USAGE',
    has_sequence_privilege(id, s.oid, 'USAGE')
  FROM app, ours JOIN pg_depend ON refobjid = ours.oid AND deptype = 'a'
  AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
  JOIN pg_class AS s ON s.oid = objid AND s.relkind = 'S'
)
SELECT object, string_agg(name, ', ' ORDER BY name) FROM rights WHERE given IS NOT TRUE
GROUP BY 1 ORDER BY 1
"""

# Who owns the schema or our tables, or is a superuser, may do all that anyway.
_CREATORS: Final = """
SELECT quote_ident(nspname),
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(rolname) END AS role
FROM pg_namespace AS n
CROSS JOIN aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
LEFT JOIN pg_roles AS r ON r.oid = grantee
WHERE nspname = current_schema() AND privilege_type = 'CREATE' AND grantee <> nspowner
AND rolsuper IS NOT TRUE AND grantee NOT IN (SELECT relowner FROM pg_class
  WHERE relnamespace = n.oid AND relkind IN ('r', 'p') AND relname = ANY (:tables))
ORDER BY grantee
"""


def check_owners(context: VerifyContext) -> Iterator[Finding]:
    """Find tables that the migrating role may not alter."""
    tables = [*context.metadata.tables, *BOOKKEEPING_TABLES]
    for owner, user, names in context.rows(_OWNERS, tables=tables):
        alter = (f"ALTER TABLE {quote(name)} OWNER TO {quote(user)};" for name in names)
        yield Finding(
            Check.RIGHTS,
            f"tables of role {owner}",
            f"{user}, who migrates, owns neither {', '.join(names)} nor is in role "
            f"{owner}; a superuser runs the remedy",
            "migrations fail: must be owner of table; the core service does not start "
            "after an update",
            "\n".join(alter),
        )


def check_app_role(context: VerifyContext) -> Iterator[Finding]:
    """Find rights that the services' role lacks, if it is named."""
    if (role := context.app_role) is None:
        return
    tables = [*context.metadata.tables]
    lacking = context.rows(_LACKING, role=role, tables=tables)
    grants = [
        f"GRANT {what} ON {requote(of)} TO {quote(role)};" for of, what in lacking
    ]
    what = "it lacks " + "; ".join(f"{names} on {of.lower()}" for of, names in lacking)
    if not context.rows("SELECT FROM pg_roles WHERE rolname = :role", role=role):
        grants.insert(0, f"CREATE ROLE {quote(role)} LOGIN;")
        what = "it does not exist; the remedy makes it without a password: set one"
    if grants:
        yield Finding(
            Check.RIGHTS,
            f"role {role}",
            what,
            "services that connect with it fail: permission denied",
            "\n".join(grants),
        )


def check_creators(context: VerifyContext) -> Iterator[Note]:
    """Note who else may put objects beside ours."""
    tables = [*context.metadata.tables, *BOOKKEEPING_TABLES]
    for schema, role in context.rows(_CREATORS, tables=tables):
        of, to = requote(schema), requote(role)
        yield Note(
            Check.RIGHTS,
            f"schema {of}",
            f"{to} may create in it, such as functions and operators that sessions run "
            f"in place of those they mean: REVOKE CREATE ON SCHEMA {of} FROM {to};",
        )
