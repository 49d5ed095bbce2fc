"""SQL that takes a continuous aggregate away, and makes it with all that was set of it.

What is set is read when the revision runs, so that nothing is lost that the models do
not manage: they need not know of it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from .ddl import Statement, dollar_quoted, regclass
from .kept_settings import (
    COLUMNSTORE_OPTIONS,
    GIVE_STORAGE,
    KEPT_COLUMNSTORE,
    KEPT_STORAGE,
    ROWS_AT_START,
    ROWS_IN_BUCKET,
    TIME_KIND,
    filled,
    policies,
    session_key,
)

FILL_MARK: Final = "timescale: to be filled "
"""What the comment begins with of a materialized hypertable that is to be filled."""

_FIND: Final = """
  SELECT mat_hypertable_id AS id, column_type, interval_length, m.schema_name,
         m.table_name, format('%I.%I', m.schema_name, m.table_name)::regclass AS rows,
         format(' ON %I.%I USING ', m.schema_name, m.table_name) AS place,
         {time_kind} AS kind
    INTO cagg
    FROM _timescaledb_catalog.continuous_agg
    JOIN _timescaledb_catalog.hypertable m ON m.id = mat_hypertable_id
    JOIN _timescaledb_catalog.dimension d ON d.hypertable_id = m.id
     AND d.interval_length IS NOT NULL
   WHERE to_regclass(format('%I.%I', user_view_schema, user_view_name)) = view_;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is no continuous aggregate', view_;
  END IF;"""

_RIGHTS: Final = """
      SELECT CASE grantee WHEN 0 THEN 'PUBLIC'
                  ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
             attname, privilege_type, is_grantable
        FROM (
          SELECT NULL AS attname, coalesce(relacl, acldefault('r', relowner)) AS acl
            FROM pg_class WHERE oid = view_
          UNION ALL
          SELECT attname, attacl FROM pg_attribute WHERE attrelid = view_
        ) given, aclexplode(acl)"""

_RIGHTS_KEPT: Final = """jsonb_to_recordset(kept -> 'rights') AS was (
             grantee text, attname name, privilege_type text, is_grantable bool)"""

_GRANT: Final = """
    SELECT format('GRANT %s%s ON %s TO %s%s', privilege_type,
                  ' (' || quote_ident(attname) || ')', view_, grantee,
                  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
      FROM {rights_kept}"""

# The name of an index that the server named says which hypertable it was made for.
_INDEXES: Final = """
      SELECT c.oid, split_part(pg_get_indexdef(c.oid), cagg.place, 2) AS definition,
             CASE WHEN starts_with(relname, cagg.table_name) THEN NULL
                  ELSE relname END AS name,
             obj_description(c.oid, 'pg_class') AS comment
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid
       WHERE indrelid = cagg.rows"""

_UNTIL: Final = """CASE cagg.column_type
      WHEN 'timestamptz'::regtype
      THEN to_jsonb(_timescaledb_functions.to_timestamp(reached))
      WHEN 'timestamp'::regtype
      THEN to_jsonb(_timescaledb_functions.to_timestamp_without_timezone(reached))
      WHEN 'date'::regtype THEN to_jsonb(_timescaledb_functions.to_date(reached))
      ELSE to_jsonb(reached) END"""

# One that is still to be filled was materialized up to where that ends.
_READ_MARK: Final = """
  SELECT substr(mark, length('{mark}') + 1)::jsonb INTO owed
    FROM obj_description(cagg.rows, 'pg_class') AS mark
   WHERE starts_with(mark, '{mark}');
  EXECUTE format('SELECT to_jsonb(greatest(%1$L::%3$s, %2$L::%3$s))',
                 coalesce(owed #>> '{then,-1,until}', owed ->> 'until'),
                 ({until}) #>> '{}', cagg.column_type)
    INTO until_;"""

_SUSPEND: Final = """
DECLARE
  view_ CONSTANT regclass := {view};
  cagg record;
  zones jsonb;
  reached bigint;
  owed jsonb;
  until_ jsonb;
BEGIN
{find}
{read_zones}
{refuse_other_jobs}
  EXECUTE format('SELECT _timescaledb_functions.cagg_watermark(%s) '
                 'WHERE EXISTS (SELECT FROM %s)', cagg.id, cagg.rows) INTO reached;
{read_mark}
  PERFORM set_config('timescale_suspended.{key}', jsonb_build_object(
    'owner', (SELECT relowner::regrole FROM pg_class WHERE oid = view_),
    'rights', (SELECT jsonb_agg(to_jsonb(r)) FROM ({rights}) r),
    'comments', (
      SELECT jsonb_agg(jsonb_build_object('column', attname, 'text', description))
        FROM pg_description
        LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid
         AND attnum > 0
       WHERE objoid = view_ AND classoid = 'pg_class'::regclass),
    'indexes', (SELECT jsonb_agg(to_jsonb(i) ORDER BY oid) FROM ({indexes}) i),
    'interval', cagg.interval_length,
    'storage', {storage},
    'options', (
      SELECT jsonb_object_agg(option_name, option_value)
        FROM pg_class, pg_options_to_table(reloptions)
       WHERE oid = cagg.rows AND option_name !~ '^pg_'),  -- the server's own
    'columnstore', {columnstore},
    'jobs', {kept_jobs},
    'until', until_)::text, false);
  EXECUTE format('DROP MATERIALIZED VIEW %s', view_);
END
"""

_RESUME: Final = """
DECLARE
  view_ CONSTANT regclass := {view};
  kept CONSTANT jsonb := nullif(
    current_setting('timescale_suspended.{key}', true), '')::jsonb;
  owner_ regrole := current_user::regrole;
  cagg record;
  job record;
  step text;
BEGIN
  IF kept IS NULL THEN
    RETURN;
  END IF;
  PERFORM set_config('timescale_suspended.{key}', '', false);
{find}
  PERFORM @extschema@.set_chunk_time_interval(view_, (kept ->> 'interval')::bigint);
{give_storage}
  IF kept -> 'options' <> 'null' THEN
    EXECUTE (
      SELECT format('ALTER TABLE %s SET (%s)', cagg.rows,
                    string_agg(format('%I = %L', key, value), ', '))
        FROM jsonb_each_text(kept -> 'options'));
  END IF;

  -- Of the indexes that the server makes by itself, those stay that were there.
  FOR step IN
    SELECT format('DROP INDEX %s', now.oid::regclass) FROM ({indexes}) now
     WHERE NOT EXISTS (
             SELECT FROM jsonb_array_elements(nullif(kept -> 'indexes', 'null')) was
              WHERE was ->> 'definition' = now.definition
                AND was ->> 'name' IS NULL)
  LOOP
    EXECUTE step;
  END LOOP;
  FOR step IN
    SELECT format('CREATE INDEX %s ON %s USING %s', quote_ident(was ->> 'name'), view_,
                  was ->> 'definition')
      FROM jsonb_array_elements(nullif(kept -> 'indexes', 'null')) was
     WHERE was ->> 'name' IS NOT NULL OR NOT EXISTS (
             SELECT FROM ({indexes}) now WHERE was ->> 'definition' = now.definition)
    UNION ALL
    SELECT format('COMMENT ON INDEX %I.%I IS %L', cagg.schema_name, was ->> 'name',
                  was ->> 'comment')
      FROM jsonb_array_elements(nullif(kept -> 'indexes', 'null')) was
     WHERE was ->> 'name' IS NOT NULL AND was ->> 'comment' IS NOT NULL
  LOOP
    BEGIN
      EXECUTE step;
    EXCEPTION WHEN undefined_column OR undefined_object OR undefined_table THEN
      RAISE NOTICE 'gone with a column of %: %', view_, step;
    END;
  END LOOP;

  FOR step IN
    SELECT CASE WHEN c ->> 'column' IS NULL
                THEN format('COMMENT ON VIEW %s IS %L', view_, c ->> 'text')
                ELSE format('COMMENT ON COLUMN %s.%I IS %L', view_, c ->> 'column',
                            c ->> 'text') END
      FROM jsonb_array_elements(nullif(kept -> 'comments', 'null')) c
     WHERE c ->> 'column' IS NULL OR {has_column}
    UNION ALL
    -- What default privileges of the schema gave.
    SELECT format('REVOKE %s ON %s FROM %s', privilege_type, view_, grantee)
      FROM ({rights}) now
     WHERE grantee <> owner_::text AND NOT EXISTS (
             SELECT FROM {rights_kept}
              WHERE (was.grantee, was.privilege_type)
                    = (now.grantee, now.privilege_type) AND was.attname IS NULL)
    UNION ALL
    -- Before 2.24, these cannot be given once there is a columnstore.
    {grant} WHERE {has_attribute}
  LOOP
    EXECUTE step;
  END LOOP;

  IF kept -> 'columnstore' <> 'null' THEN
    EXECUTE format('ALTER MATERIALIZED VIEW %s SET (%s)', view_, {options});
  END IF;
  -- A job belongs to whom the aggregate belongs to when it is added.
  FOR job IN SELECT * FROM {jobs} LOOP
    IF job.owner <> owner_ THEN
      EXECUTE format('ALTER MATERIALIZED VIEW %s OWNER TO %s', view_, job.owner);
      owner_ := job.owner;
    END IF;
    {add_job};
    {give_job};
  END LOOP;
  IF (kept ->> 'owner')::regrole <> owner_ THEN
    EXECUTE format('ALTER MATERIALIZED VIEW %s OWNER TO %s', view_, kept ->> 'owner');
  END IF;
  FOR step IN
    {grant} WHERE attname IS NULL AND NOT EXISTS (
             SELECT FROM ({rights}) now
              WHERE (was.grantee, was.privilege_type, was.is_grantable)
                    = (now.grantee, now.privilege_type, now.is_grantable)
                AND now.attname IS NULL)
    UNION ALL
    SELECT format('REVOKE %s ON %s FROM %s', privilege_type, view_, grantee)
      FROM ({rights}) now
     WHERE grantee = kept ->> 'owner' AND attname IS NULL AND NOT EXISTS (
             SELECT FROM {rights_kept}
              WHERE (was.grantee, was.privilege_type)
                    = (now.grantee, now.privilege_type) AND was.attname IS NULL)
  LOOP
    EXECUTE step;
  END LOOP;
  IF kept ->> 'until' IS NOT NULL THEN
    EXECUTE format('COMMENT ON TABLE %s IS %L', cagg.rows, '{mark}'
                   || jsonb_build_object('until', kept -> 'until')::text);
  END IF;
END
"""

# Buckets that no row is left of are not made again, nor are those beside them of which
# some rows may be gone: there is a run of buckets between each two of them.
_MARK_COLUMNS: Final = """
DECLARE
  view_ CONSTANT regclass := {view};
  cagg record;
  source record;
  reached bigint;
  owed jsonb;
  until_ jsonb;
  runs jsonb;
BEGIN
{find}
  SELECT {there} AS there, {at_start} AS at_start,
         (SELECT column_name FROM _timescaledb_catalog.dimension
           WHERE hypertable_id = cagg.id AND interval_length IS NOT NULL) AS bucket,
         (_timescaledb_functions.cagg_get_bucket_function_info(cagg.id)
         ).bucket_width AS width
    INTO source
    FROM _timescaledb_catalog.continuous_agg
    JOIN _timescaledb_catalog.hypertable r ON r.id = raw_hypertable_id
    JOIN _timescaledb_catalog.dimension rd ON rd.hypertable_id = r.id
     AND rd.interval_length IS NOT NULL
   WHERE mat_hypertable_id = cagg.id;
  reached := _timescaledb_functions.cagg_watermark(cagg.id);
{read_mark}
  EXECUTE format(
    'WITH bucket AS ('
    '  SELECT DISTINCT %1$I AS first, %1$I + %2$L::%3$s AS next FROM %5$s), '
    'known AS MATERIALIZED (SELECT *, NOT EXISTS (%6$s) AS gone FROM bucket), '
    'whole AS ('
    '  SELECT first, coalesce(lead(first) OVER times, %8$L::%4$s) AS until, '
    '         NOT (gone OR coalesce(lead(gone) OVER times, false) '
    '              OR coalesce(lag(gone) OVER times, false) '
    '                 AND NOT EXISTS (%7$s)) AS is_whole '
    '    FROM known bucket WINDOW times AS (ORDER BY first)), '
    'run AS ('
    '  SELECT *, count(*) FILTER (WHERE NOT is_whole) OVER (ORDER BY first) AS number '
    '    FROM whole) '
    'SELECT jsonb_agg(found ORDER BY number) FROM ('
    '  SELECT number, jsonb_build_object(''start'', to_jsonb(min(first)) #>> ''{}'', '
    '                                    ''until'', max(until)) AS found '
    '    FROM run WHERE is_whole GROUP BY number) found',
    source.bucket, source.width, cagg.kind, cagg.column_type, cagg.rows, source.there,
    source.at_start, until_ #>> '{}') INTO runs;
  IF runs IS NOT NULL THEN
    EXECUTE format('COMMENT ON TABLE %s IS %L', cagg.rows, '{mark}'
                   || (runs -> 0 || jsonb_build_object('then', runs - 0))::text);
  END IF;
END
"""

_HAS_COLUMN: Final = """EXISTS (
             SELECT FROM pg_attribute WHERE attrelid = view_ AND attname = {name})"""

_PARTS: Final = {
    "find": filled(_FIND, time_kind=TIME_KIND),
    "grant": _GRANT,
    "rights": _RIGHTS,
    "rights_kept": _RIGHTS_KEPT,
    "indexes": _INDEXES,
    "read_mark": _READ_MARK,
    "until": f"CASE WHEN reached IS NOT NULL THEN {_UNTIL} END",
    "columnstore": filled(KEPT_COLUMNSTORE, table="cagg.rows"),
    "options": filled(
        COLUMNSTORE_OPTIONS, kept="(kept -> 'columnstore')", table="cagg.rows"
    ),
    "storage": filled(KEPT_STORAGE, id="cagg.id"),
    "give_storage": filled(GIVE_STORAGE, table="cagg.rows"),
    **policies("view_", "cagg.kind", "cagg.id"),
    "relations": "view_, cagg.rows",
    "has_column": filled(_HAS_COLUMN, name="c ->> 'column'"),
    "has_attribute": filled(_HAS_COLUMN, name="was.attname"),
    "there": ROWS_IN_BUCKET,
    "at_start": ROWS_AT_START,
    "mark": FILL_MARK,
}


class _Block(Statement):
    """A ``DO`` block about an aggregate.

    Args:
        name: The continuous aggregate.
        schema: Its schema, or None for the first of the search path.
    """

    body: ClassVar[str]

    def __init__(self, name: str, schema: str | None) -> None:
        self.view = regclass(name, schema)

    def sql(self) -> str:
        """Write the statement."""
        body = self.body
        for _depth in range(2):
            body = filled(body, **_PARTS)
        key = session_key(self.view)
        return f"DO {dollar_quoted(filled(body, view=self.view, key=key))}"


class TakeAway(_Block):
    """Keep all that is set of an aggregate, and drop it."""

    body = _SUSPEND


class GiveBack(_Block):
    """Give an aggregate that was just created what was kept, and mark it to be filled.

    Nothing happens where none was taken away. An index, a right or a comment on a
    column that it no longer has is left out.
    """

    body = _RESUME


class MarkColumns(_Block):
    """Mark an aggregate whose columns are to be filled, where rows are there for them.

    A bucket that no row, or only some, may be left of is not made again.
    """

    body = _MARK_COLUMNS
