"""The way back from a hypertable to a plain table; TimescaleDB has no word for it."""

from __future__ import annotations

from typing import Final

from .ddl import Statement, dollar_quoted, regclass, string
from .default_index import default_index_name

# Names and definitions are read before the hypertable goes and given to the plain
# table after it has taken the name, so that nothing needs renaming.
_BODY: Final = """
DECLARE
  source CONSTANT regclass := {table};
  -- The index that TimescaleDB made goes with the hypertable, whatever number its name
  -- got where another index had the name.
  unwanted CONSTANT name[] := ARRAY(
    SELECT relname
      FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
     WHERE indrelid = source AND indnatts = 1 AND indoption[0] = 3 AND NOT indisunique
       AND indpred IS NULL AND attname = {time_column}
       AND regexp_replace(relname, '[0-9]+$', '') = {unwanted});
  name_ CONSTANT text := source::text;
  home name;
  bare name;
  copy_ name;
  place name;
  holder name;
  rights text[];
  columns_ text;
  detach text[];
  restore text[];
  step text;
  counter record;
BEGIN
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', source);
  SELECT nspname, relname, format('%s_as_plain_table', source::oid), spcname,
         pg_get_userbyid(relowner)
    INTO home, bare, copy_, place, holder
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    JOIN pg_database ON datname = current_database()
    JOIN pg_tablespace t ON t.oid = coalesce(nullif(reltablespace, 0), dattablespace)
   WHERE c.oid = source;

  IF EXISTS (SELECT FROM pg_policy WHERE polrelid = source)
     OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = source)
     OR EXISTS (SELECT FROM pg_publication_rel WHERE prrelid = source) THEN
    RAISE EXCEPTION 'table % has row security policies, rules or publications, which '
      'it would lose as a plain table', source
      USING HINT = 'Drop them first and create them again afterwards.';
  END IF;

  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns_
    FROM pg_attribute
   WHERE attrelid = source AND attnum > 0 AND NOT attisdropped AND attgenerated = '';

  SELECT coalesce(array_agg(statement ORDER BY rank, statement), '{{}}') INTO restore
  FROM (
    SELECT 1 AS rank, format('ALTER TABLE %s SET (%s)', name_,
                             string_agg(option, ',')) AS statement
      FROM pg_class, unnest(reloptions) AS option
     WHERE oid = source AND option !~ '^pg_'  -- a person's never begin so
    HAVING count(*) > 0
    UNION ALL
    SELECT 2, format('ALTER TABLE %s ALTER %I SET STATISTICS %s', name_, attname,
                     attstattarget)
      FROM pg_attribute
     WHERE attrelid = source AND attnum > 0 AND NOT attisdropped AND attstattarget >= 0
    UNION ALL
    SELECT 2, format('ALTER TABLE %s ALTER %I SET (%s)', name_, attname,
                     string_agg(option, ','))
      FROM pg_attribute, unnest(attoptions) AS option
     WHERE attrelid = source AND NOT attisdropped
       AND option ~ '^n_distinct(_inherited)?='  -- the server may keep more there
     GROUP BY attname
    UNION ALL
    SELECT 3, format('ALTER TABLE %s ADD CONSTRAINT %I %s', name_, conname,
                     pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid = source AND contype IN ('p', 'u', 'x')
    UNION ALL
    SELECT 4, pg_get_indexdef(indexrelid)
      FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE indrelid = source AND relname <> ALL (unwanted) AND NOT EXISTS (
             SELECT FROM pg_constraint
              WHERE conindid = indexrelid AND conrelid = source)
    UNION ALL
    SELECT 5, format('ALTER INDEX %I.%I SET TABLESPACE %I', home, relname, spcname)
      FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      JOIN pg_tablespace t ON t.oid = reltablespace
     WHERE indrelid = source AND relname <> ALL (unwanted)
    UNION ALL
    SELECT 5, pg_get_statisticsobjdef(oid)
      FROM pg_statistic_ext WHERE stxrelid = source
    UNION ALL
    SELECT 6, format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
                     pg_get_constraintdef(oid))
      FROM pg_constraint
     WHERE contype = 'f' AND conparentid = 0 AND source IN (conrelid, confrelid)
       AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = conrelid)
    UNION ALL
    SELECT 7, pg_get_triggerdef(t.oid)
      FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid
     WHERE tgrelid = source AND NOT tgisinternal AND NOT EXISTS (
             SELECT FROM pg_depend
              WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
    UNION ALL
    SELECT 8, format('ALTER TABLE %s %s TRIGGER %I', name_, CASE tgenabled
                     WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
                     ELSE 'ENABLE ALWAYS' END, tgname)
      FROM pg_trigger
     WHERE tgrelid = source AND NOT tgisinternal AND tgenabled <> 'O'
    UNION ALL
    SELECT 8, format('ALTER TABLE %s REPLICA IDENTITY %s', name_, CASE relreplident
                     WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL'
                     ELSE format('USING INDEX %I', (
                       SELECT relname
                         FROM pg_index JOIN pg_class i ON i.oid = indexrelid
                        WHERE indrelid = source AND indisreplident)) END)
      FROM pg_class WHERE oid = source AND relreplident <> 'd'
    UNION ALL
    SELECT 8, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name_)
      FROM pg_class WHERE oid = source AND relrowsecurity
    UNION ALL
    SELECT 8, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name_)
      FROM pg_class WHERE oid = source AND relforcerowsecurity
    UNION ALL
    SELECT 9, format('COMMENT ON TABLE %s IS %L', name_, obj_description(source))
     WHERE obj_description(source) IS NOT NULL
    UNION ALL
    SELECT 9, format('COMMENT ON CONSTRAINT %I ON %s IS %L', conname, name_,
                     obj_description(oid, 'pg_constraint'))
      FROM pg_constraint
     WHERE conrelid = source AND obj_description(oid, 'pg_constraint') IS NOT NULL
    UNION ALL
    SELECT 9, format('COMMENT ON INDEX %I.%I IS %L', home, relname,
                     obj_description(indexrelid))
      FROM pg_index JOIN pg_class c ON c.oid = indexrelid
     WHERE indrelid = source AND relname <> ALL (unwanted)
       AND obj_description(indexrelid) IS NOT NULL
    UNION ALL
    SELECT 9, format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, name_,
                     attname)
      FROM pg_depend d
      JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
     WHERE refobjid = source AND d.classid = 'pg_class'::regclass AND deptype = 'a'
       AND EXISTS (SELECT FROM pg_sequence WHERE seqrelid = d.objid)
  ) everything;

  SELECT coalesce(array_agg(statement), '{{}}') INTO detach
  FROM (
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
             AS statement
      FROM pg_constraint
     WHERE contype = 'f' AND conparentid = 0 AND confrelid = source
       AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = conrelid)
    UNION ALL
    SELECT format('ALTER SEQUENCE %s OWNED BY NONE', objid::regclass)
      FROM pg_depend
     WHERE refobjid = source AND classid = 'pg_class'::regclass AND deptype = 'a'
       AND EXISTS (SELECT FROM pg_sequence WHERE seqrelid = objid)
  ) everything;

  EXECUTE format('CREATE TABLE %I.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES '
                 'EXCLUDING STATISTICS) TABLESPACE %I', home, copy_, source, place);
  -- Row security that also holds for the owner would hide rows from the copy; with a
  -- columnstore there is none, and the statement is not allowed.
  IF (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = source)
  THEN
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', source);
  END IF;
  EXECUTE format('INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s',
                 home, copy_, columns_, columns_, source);
  EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', home, copy_, holder);

  -- The schema's default privileges gave rights to the copy and its counters that the
  -- original need not have.
  WITH twin AS (
    SELECT source::oid AS old, format('%I.%I', home, copy_)::regclass::oid AS new
    UNION ALL
    SELECT objid,
           pg_get_serial_sequence(format('%I.%I', home, copy_), attname)::regclass
      FROM pg_depend
      JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
     WHERE refobjid = source AND classid = 'pg_class'::regclass AND deptype = 'i'
       AND EXISTS (SELECT FROM pg_sequence WHERE seqrelid = objid)
  ), holding AS (
    SELECT oid, coalesce(relacl, acldefault(
             CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)) AS acl
      FROM pg_class
  ), differing AS (
    SELECT new::regclass AS name, was.acl AS wanted, has.acl AS given
      FROM twin JOIN holding was ON was.oid = old JOIN holding has ON has.oid = new
     WHERE was.acl <> has.acl
  )
  SELECT coalesce(array_agg(format('%s %s%s', step_, CASE grantee WHEN 0 THEN 'PUBLIC'
                     ELSE quote_ident(pg_get_userbyid(grantee)) END,
                     CASE WHEN grants THEN ' WITH GRANT OPTION' ELSE '' END)
                   ORDER BY rank), '{{}}') INTO rights
  FROM (
    SELECT 1 AS rank, format('REVOKE ALL ON %s FROM', name) AS step_, grantee,
           false AS grants
      FROM differing, aclexplode(given)
    UNION ALL
    SELECT 2, format('GRANT %s ON %s TO', privilege_type, name), grantee, is_grantable
      FROM differing, aclexplode(wanted)
    UNION ALL
    SELECT 2, format('GRANT %s (%I) ON %I.%I TO', privilege_type, attname, home, copy_),
           grantee, is_grantable
      FROM pg_attribute, aclexplode(attacl)
     WHERE attrelid = source AND NOT attisdropped
  ) everything;
  FOREACH step IN ARRAY rights LOOP EXECUTE step; END LOOP;

  FOR counter IN
    SELECT c.relname, pg_sequence_last_value(objid) AS reached, attname
      FROM pg_depend d JOIN pg_class c ON c.oid = objid
      JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
     WHERE refobjid = source AND classid = 'pg_class'::regclass AND deptype = 'i'
       AND relkind = 'S'
  LOOP
    detach := detach || format('ALTER SEQUENCE %I.%I RENAME TO %I', home,
                               counter.relname, copy_ || '_' || counter.attname);
    step := pg_get_serial_sequence(format('%I.%I', home, copy_), counter.attname);
    restore := restore || format('ALTER SEQUENCE %s RENAME TO %I', step,
                                 counter.relname);
    IF counter.reached IS NOT NULL THEN
      PERFORM setval(step::regclass, counter.reached);
    END IF;
  END LOOP;

  FOREACH step IN ARRAY detach LOOP EXECUTE step; END LOOP;
  EXECUTE format('DROP TABLE %s', source);
  EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', home, copy_, bare);
  FOREACH step IN ARRAY restore LOOP EXECUTE step; END LOOP;
END
"""


class BecomePlainTable(Statement):
    """Turn a hypertable back into a plain table that holds the same rows.

    Columns, constraints, indexes, statistics objects and targets, foreign keys in both
    directions, triggers, identity and serial counters, storage options, tablespace,
    replica identity, owner, privileges, row security and comments stay: default
    privileges of the schema add nothing. What ANALYZE found out does not stay. Policies
    and columnstore settings go with the hypertable. Views and continuous aggregates on
    the table make it fail; row security policies, rules and publications too.

    Args:
        table_name: The hypertable.
        schema: Its schema, or None for the first of the search path.
        default_index_on: The time column, if the index that TimescaleDB made on it
            shall go.
    """

    def __init__(
        self, table_name: str, schema: str | None, default_index_on: str | None = None
    ) -> None:
        self.table_name = table_name
        self.schema = schema
        self.default_index_on = default_index_on

    def sql(self) -> str:
        """Write the statement.

        Returns:
            A ``DO`` block, so that it works in ``--sql`` mode too.
        """
        column = self.default_index_on
        name = column and default_index_name(self.table_name, column)
        body = _BODY.format(
            table=regclass(self.table_name, self.schema),
            time_column="NULL" if column is None else string(column),
            unwanted="NULL" if name is None else string(name),
        )
        return f"DO {dollar_quoted(body)}"
