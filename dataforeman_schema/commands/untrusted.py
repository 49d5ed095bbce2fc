"""What other roles made of a database that to read or to restore it would run.

A superuser reads and restores with all rights; what an index, a CHECK or a view calls
runs with these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from dataforeman_schema.pinning import IS_UNTRUSTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_UNTRUSTED: Final = text(f"""
SELECT name FROM unnest(CAST(:names AS text[])) AS name
JOIN pg_class AS top ON top.oid = to_regclass(name)
WHERE EXISTS (SELECT FROM pg_class AS c WHERE (c.oid = top.oid
  OR c.oid IN (SELECT relid FROM pg_partition_tree(top.oid))) AND {IS_UNTRUSTED})
""")  # noqa: S608 - ours

# Restoring computes indexes, statistics, CHECKs of tables and domains, generated
# columns and materialized views anew; those may read views. Functions named like the
# extension's own may fit the arguments of our calls better.
_RUN_BY_RESTORING: Final = text("""
WITH part AS (
  SELECT 'pg_class'::regclass::oid AS class, indexrelid AS id FROM pg_index
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext
  UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint
  UNION ALL SELECT 'pg_attrdef'::regclass, d.oid FROM pg_attrdef AS d
  JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
  WHERE attgenerated <> ''
  UNION ALL SELECT 'pg_rewrite'::regclass, w.oid FROM pg_rewrite AS w
  JOIN pg_class AS c ON c.oid = ev_class WHERE relkind = 'm'
  OR relkind = 'v' AND EXISTS (SELECT FROM pg_class WHERE relkind = 'm')
), called AS (
  SELECT p.oid, p.proowner FROM part
  JOIN pg_depend AS d ON d.classid = part.class AND d.objid = part.id
  LEFT JOIN pg_operator AS o
  ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
  JOIN pg_proc AS p ON p.oid = o.oprcode
  OR d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
  UNION
  SELECT p.oid, p.proowner FROM pg_extension AS e
  JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass
  AND d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass
  JOIN pg_proc AS own ON own.oid = d.objid
  JOIN pg_proc AS p ON p.proname = own.proname AND p.pronamespace = extnamespace
  WHERE NOT EXISTS (SELECT FROM pg_depend AS m WHERE m.classid = 'pg_proc'::regclass
    AND m.objid = p.oid AND m.deptype = 'e')
)
SELECT 'function ' || called.oid::regprocedure || ' of role ' || rolname
FROM called JOIN pg_roles AS r ON r.oid = proowner
WHERE NOT rolsuper AND rolname <> current_user ORDER BY 1
""")


def untrusted_tables(connection: Connection, names: Iterable[str]) -> frozenset[str]:
    """Choose the tables that nobody reads without running functions of other roles.

    Args:
        connection: A connection whose names are pinned.
        names: The qualified, quoted names of tables.
    """
    return frozenset(connection.scalars(_UNTRUSTED, {"names": [*names]}))


def run_by_restoring(connection: Connection) -> list[str]:
    """Name the functions of other roles that whoever restores a dump may run.

    Args:
        connection: A connection whose names are pinned.

    Returns:
        Those of roles that are neither superusers nor who asks.
    """
    return [*connection.scalars(_RUN_BY_RESTORING)]
