"""Emptying a database that cannot be dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from dataforeman_schema.timescale.extension_schema import append_to_search_path

if TYPE_CHECKING:
    from sqlalchemy import Connection

# What an extension brought stays: TimescaleDB keeps functions in "public", and a
# process that dropped it cannot create it again.
_DROPS = text(
    r"""
    WITH schema AS (
        SELECT oid, nspname FROM pg_namespace
        WHERE nspname !~ '^(pg_|_?timescaledb)' AND nspname <> 'information_schema'
    ), extra AS (
        SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    )
    SELECT format('DROP SCHEMA %I CASCADE', nspname), 3
    FROM schema WHERE nspname <> 'public'
    UNION ALL
    SELECT format(
        'DROP %s IF EXISTS %s CASCADE',
        CASE WHEN relkind = 'v' AND aggregate THEN 'MATERIALIZED VIEW'
             WHEN relkind = 'v' THEN 'VIEW'
             WHEN relkind = 'm' THEN 'MATERIALIZED VIEW'
             WHEN relkind = 'S' THEN 'SEQUENCE'
             WHEN relkind = 'c' THEN 'TYPE' ELSE 'TABLE' END,
        pg_class.oid::regclass
    ), CASE WHEN aggregate THEN 0 WHEN relkind = 'S' THEN 2 ELSE 1 END
    FROM pg_class JOIN schema ON relnamespace = schema.oid
    CROSS JOIN LATERAL (
        SELECT relkind = 'v' AND pg_get_viewdef(pg_class.oid) ~ '_timescaledb_internal'
    ) AS kind (aggregate)
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
        AND (1259, pg_class.oid) NOT IN (SELECT classid, objid FROM extra)
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', pg_proc.oid::regprocedure), 2
    FROM pg_proc JOIN schema ON pronamespace = schema.oid
    WHERE (1255, pg_proc.oid) NOT IN (SELECT classid, objid FROM extra)
    UNION ALL
    SELECT format('DROP TYPE IF EXISTS %s CASCADE', pg_type.oid::regtype), 2
    FROM pg_type JOIN schema ON typnamespace = schema.oid
    WHERE typtype IN ('d', 'e', 'r')
        AND (1247, pg_type.oid) NOT IN (SELECT classid, objid FROM extra)
    ORDER BY 2
    """
)

_HAS_JOBS = text("SELECT to_regclass('timescaledb_information.jobs') IS NOT NULL")
# Those below 1000 are the extension's own.
_DELETE_JOBS = text(
    "SELECT count(delete_job(job_id)) FROM timescaledb_information.jobs"
    " WHERE job_id >= 1000"
)

# Restoring mode is one of these, and stays if whoever began it gives up. Default
# privileges go with no table.
_RESET = text(
    """
    SELECT format('ALTER DATABASE %I RESET ALL', current_database())
    UNION ALL
    SELECT format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM %s',
        pg_get_userbyid(defaclrole),
        CASE WHEN defaclnamespace <> 0 THEN ' IN SCHEMA public' ELSE '' END,
        CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
            WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
        CASE grantee WHEN 0 THEN 'PUBLIC'
            ELSE quote_ident(pg_get_userbyid(grantee)) END
    ) FROM pg_default_acl CROSS JOIN aclexplode(defaclacl)
    WHERE grantee <> defaclrole
        AND (defaclnamespace = 0 OR defaclnamespace = 'public'::regnamespace)
    """
)


def drop_everything(connection: Connection) -> None:
    """Drop every object of a database that no extension owns, with all data.

    What ALTER DATABASE has set for it is reset, and so are default privileges that
    others were given.

    Args:
        connection: A connection whose user owns the objects and the database;
            committed at the end.
    """
    append_to_search_path(connection)
    if connection.scalar(_HAS_JOBS):
        connection.execute(_DELETE_JOBS)
    resets = connection.scalars(_RESET).all()
    for statement in (*connection.scalars(_DROPS), *resets):
        connection.exec_driver_sql(statement.replace("%", "%%"))
    connection.commit()
