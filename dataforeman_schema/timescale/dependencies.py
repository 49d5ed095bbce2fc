"""Which columns an aggregate reads, as the server itself has recorded it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

# PostgreSQL keeps for the rule of a view every column that its query names, through
# joins and whatever the words are. An aggregate's query stands in its direct view.
READS: Final = text("""
    SELECT user_view_schema, user_view_name, n.nspname AS schema, c.relname AS name,
           coalesce(array_agg(attname::text) FILTER (WHERE attname IS NOT NULL), '{}')
             AS columns
      FROM _timescaledb_catalog.continuous_agg
      JOIN pg_namespace s ON s.nspname = direct_view_schema
      JOIN pg_class v ON v.relname = direct_view_name AND v.relnamespace = s.oid
      JOIN pg_rewrite r ON r.ev_class = v.oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
       AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
      JOIN pg_class c ON c.oid = d.refobjid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute ON attrelid = c.oid AND attnum = d.refobjsubid
       AND d.refobjsubid > 0
     GROUP BY 1, 2, 3, 4
""")
