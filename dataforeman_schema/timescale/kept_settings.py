"""SQL that keeps what is set of a columnstore and of jobs, and gives it back.

What is kept is a session's setting, as JSON: it needs no right that a temporary table
would, and is undone with the transaction. A column that a release does not have is no
key of its JSON. The span of merged chunks is set as an interval, whose microseconds are
an integer column's units.
"""

# ruff: noqa: S608 (what is put in are parts of its own)

from __future__ import annotations

from hashlib import md5
from typing import Final

KEPT_COLUMNSTORE: Final = """(
    SELECT jsonb_build_object('settings', to_jsonb(s), 'direct', h.status & 8 = 8,
             'merge', (SELECT make_interval(secs => compress_interval_length
                                                    / 1000000.0)::text
                         FROM _timescaledb_catalog.dimension
                        WHERE hypertable_id = h.id
                          AND compress_interval_length IS NOT NULL))
      FROM _timescaledb_catalog.hypertable h
      JOIN _timescaledb_catalog.compression_settings s ON s.relid = {table}
     WHERE to_regclass(format('%I.%I', schema_name, table_name)) = {table}
       AND (schema_name, table_name) IN (
             SELECT hypertable_schema, hypertable_name
               FROM timescaledb_information.hypertables WHERE compression_enabled
             UNION ALL
             SELECT materialization_hypertable_schema, materialization_hypertable_name
               FROM timescaledb_information.continuous_aggregates
              WHERE compression_enabled))"""
"""An expression: the settings of the columnstore of ``{table}``, NULL if it is off."""

COLUMNSTORE_OPTIONS: Final = """(
    SELECT string_agg(format('timescaledb.%s = %L', option, value), ', ')
    FROM (VALUES
      ('enable_columnstore', 'true'),
      ('segmentby', CASE WHEN {kept} -> 'settings' -> 'segmentby' <> 'null' THEN (
        SELECT coalesce(string_agg(quote_ident(value), ', ' ORDER BY ordinality), '')
          FROM jsonb_array_elements_text(
                 nullif({kept} -> 'settings' -> 'segmentby', 'null')) WITH ORDINALITY
          JOIN pg_attribute ON attrelid = {table} AND attname = value
           AND NOT attisdropped) END),
      ('orderby', (
        SELECT string_agg(quote_ident(value)
                 || CASE {kept} -> 'settings' -> 'orderby_desc' -> at WHEN 'true'
                    THEN ' DESC' ELSE ' ASC' END
                 || CASE {kept} -> 'settings' -> 'orderby_nullsfirst' -> at WHEN 'true'
                    THEN ' NULLS FIRST' ELSE ' NULLS LAST' END, ', ' ORDER BY at)
          FROM jsonb_array_elements_text(
                 nullif({kept} -> 'settings' -> 'orderby', 'null')) WITH ORDINALITY
          JOIN pg_attribute ON attrelid = {table} AND attname = value
           AND NOT attisdropped, LATERAL (SELECT ordinality::int - 1 AS at) place)),
      ('compress_index', (
        SELECT CASE WHEN {kept} -> 'settings' -> 'index' @> '[{"source": "config"}]'
                 THEN coalesce(string_agg(
                   format('%s(%s)', value ->> 'type', columns), ', '), '') END
          FROM jsonb_array_elements(nullif({kept} -> 'settings' -> 'index', 'null')),
          LATERAL (
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY ordinality)
                     AS columns,
                   count(*) = count(attname) AS are_there
              FROM jsonb_array_elements_text(
                     CASE jsonb_typeof(value -> 'column')
                     WHEN 'array' THEN value -> 'column'
                     ELSE jsonb_build_array(value -> 'column') END)
                   WITH ORDINALITY AS named (name, ordinality)
              LEFT JOIN pg_attribute ON attrelid = {table} AND attname = name
               AND NOT attisdropped) named
         WHERE value ->> 'source' = 'config' AND are_there)),
      ('compress_chunk_time_interval', {kept} ->> 'merge'),
      ('direct_compress', CASE WHEN ({kept} -> 'direct')::bool THEN 'true' END)
    ) given (option, value)
   WHERE value IS NOT NULL)"""
"""An expression: the options of an ``ALTER`` that gives ``{kept}`` to ``{table}``."""

_JOBS: Final = """jsonb_to_recordset(nullif({kept}, 'null')) AS saved (
             job_id int, proc_name name, owner regrole, hypertable_name name,
             hypertable_schema name, schedule_interval interval, max_runtime interval,
             max_retries int, retry_period interval, scheduled bool, config jsonb,
             next_start timestamptz, fixed_schedule bool, initial_start timestamptz,
             timezone text)"""
"""A row source: the jobs that are kept in ``{kept}``."""

GIVE_JOB: Final = """PERFORM @extschema@.alter_job({id},
      schedule_interval => job.schedule_interval, max_runtime => job.max_runtime,
      max_retries => job.max_retries, retry_period => job.retry_period,
      scheduled => job.scheduled, config => {config}, next_start => job.next_start,
      fixed_schedule => job.fixed_schedule, initial_start => job.initial_start,
      timezone => job.timezone)"""
"""A statement: has the job ``{id}`` be as ``job`` was, but for its configuration."""

# The table of the jobs is in another schema in older releases.
_JOB_TABLE: Final = """coalesce(
    to_regclass('_timescaledb_catalog.bgw_job'),
    to_regclass('_timescaledb_config.bgw_job'))"""

# What alter_job() is not told it leaves as it is, but for the time zone, which it
# forgets; told that, it works out anew when the job starts next.
KEEP_ZONE: Final = f"""\
  EXECUTE format('SELECT timezone FROM %s WHERE id = %s', {_JOB_TABLE},
                 found.job_id) INTO zone;
"""
"""A statement: has ``zone`` be the time zone of the job ``found``, for alter_job()."""

NEXT_START: Final = (
    "CASE WHEN zone IS NOT NULL THEN nullif(found.next_start, '-infinity') END"
)
"""An expression: when that job starts next, where alter_job() would forget it."""


_POLICIES: Final = """ARRAY['policy_refresh_continuous_aggregate',
      'policy_compression', 'policy_columnstore', 'policy_retention',
      'policy_reorder', 'policy_compaction']::name[]"""

_IS_OF: Final = """coalesce(config ->> 'mat_hypertable_id', config ->> 'hypertable_id')
             = {id}::text"""

_REFUSE_OTHER_JOBS: Final = f"""
  IF EXISTS (
    SELECT FROM timescaledb_information.jobs
     WHERE to_regclass(quote_ident(hypertable_schema) || '.'
                       || quote_ident(hypertable_name)) IN ({{relations}})
       AND NOT (proc_schema ~ '^_timescaledb_' AND proc_name = ANY ({_POLICIES})))
  THEN
    RAISE EXCEPTION 'jobs of % would be lost that are none of the known policies',
      (ARRAY[{{relations}}])[1]
      USING HINT = 'Delete them with delete_job() and add them again afterwards.';
  END IF;"""
"""Statements: fails if ``{{relations}}`` have jobs that could not be made again."""

_KEPT_JOBS: Final = f"""(
      SELECT jsonb_agg(to_jsonb(j) || jsonb_build_object(
                         'timezone', zones -> job_id::text)
                       ORDER BY array_position({_POLICIES}, proc_name), job_id)
        FROM timescaledb_information.jobs j
       WHERE proc_schema ~ '^_timescaledb_' AND {_IS_OF})"""
"""An expression: the policies of the hypertable ``{{id}}``, in an order to add them.

It takes the variable ``zones``, which `_READ_ZONES` reads.
"""

_READ_ZONES: Final = f"""
  EXECUTE format('SELECT jsonb_object_agg(id, timezone) FROM %s', {_JOB_TABLE})
    INTO zones;"""
"""A statement: has ``zones`` be the time zones of all jobs, which no view shows."""

_ADD_JOB: Final = f"""IF job.proc_name = 'policy_refresh_continuous_aggregate'
       OR NOT EXISTS (SELECT FROM timescaledb_information.jobs
                       WHERE proc_name = job.proc_name AND {_IS_OF}) THEN
      EXECUTE (
        SELECT format('%s @extschema@.add_%s_policy(%L%s)', verb, policy, {{relation}},
                      CASE WHEN key IS NULL THEN ''
                      WHEN argument IS NULL
                      THEN format(', %L::%s, %L::%s, %L', job.config ->> key, type,
                                  job.config ->> 'end_offset', type,
                                  job.schedule_interval)
                      ELSE format(', %s => %L::%s', argument, job.config ->> key, type)
                      END)
          FROM (VALUES
            ('start_offset', 'SELECT', 'continuous_aggregate', NULL, {{kind}}),
            ('compress_after', 'CALL', 'columnstore', 'after', {{kind}}),
            ('compress_created_before', 'CALL', 'columnstore', 'created_before',
             'interval'),
            ('drop_after', 'SELECT', 'retention', 'drop_after', {{kind}}),
            ('drop_created_before', 'SELECT', 'retention', 'drop_created_before',
             'interval'),
            ('index_name', 'SELECT', 'reorder', 'index_name', 'name'),
            (NULL, 'SELECT', 'compaction', NULL, NULL)
          ) given (key, verb, policy, argument, type)
         WHERE CASE WHEN key IS NULL THEN job.proc_name = 'policy_compaction'
                    ELSE job.config ? key END);
    END IF"""
"""A statement: adds the policy ``job`` to ``{{relation}}``, with spans of ``{{kind}}``.

Direct compress adds policies by itself, of which there can be only one.
"""

_NEWEST_JOB: Final = f"""
      (SELECT max(job_id) FROM timescaledb_information.jobs
        WHERE proc_name = job.proc_name AND {_IS_OF})"""
"""An expression: the newest policy of the hypertable ``{{id}}`` that is as ``job``."""

_MOVED_CONFIG: Final = """job.config || (
        SELECT jsonb_object_agg(key, {id}) FROM jsonb_object_keys(job.config) key
         WHERE key IN ('hypertable_id', 'mat_hypertable_id'))"""
"""An expression: the configuration of ``job``, for the hypertable ``{id}``."""


def policies(relation: str, kind: str, id_: str) -> dict[str, str]:
    """Say how the policies of a relation are kept and given back.

    Args:
        relation: The variable that holds the relation.
        kind: An expression for the type of its spans.
        id_: An expression for the number of its hypertable.

    Returns:
        Parts of SQL by name: statements that read what no view shows
        (``read_zones``) and refuse what could not be made again
        (``refuse_other_jobs``, of ``{relations}``), an expression of what is kept
        (``kept_jobs``), and, of the variables ``kept`` and ``job``, a row source of it
        (``jobs``) and statements that give a job back (``add_job``, ``give_job``).
    """
    newest, config = filled(_NEWEST_JOB, id=id_), filled(_MOVED_CONFIG, id=id_)
    return {
        "read_zones": _READ_ZONES,
        "refuse_other_jobs": _REFUSE_OTHER_JOBS,
        "kept_jobs": filled(_KEPT_JOBS, id=id_),
        "jobs": filled(_JOBS, kept="kept -> 'jobs'"),
        "add_job": filled(_ADD_JOB, relation=relation, kind=kind, id=id_),
        "give_job": filled(GIVE_JOB, id=newest, config=config),
    }


TIME_KIND: Final = """CASE WHEN column_type IN ('int8'::regtype, 'int4', 'int2')
              THEN column_type::text ELSE 'interval' END"""
"""An expression: the type of spans of a dimension."""


_ROWS: Final = """CASE rd.column_type WHEN 'uuid'::regtype
           THEN format('SELECT FROM timescaledb_information.chunks '
                       'WHERE hypertable_schema = %L AND hypertable_name = %L '
                       'AND {chunks}', r.schema_name, r.table_name)
           ELSE format('SELECT FROM %1$I.%2$I source WHERE {rows} OFFSET 0',
                       r.schema_name, r.table_name, rd.column_name) END"""

ROWS_IN_BUCKET: Final = _ROWS.replace(
    "{chunks}", "range_start < bucket.next AND range_end > bucket.first"
).replace("{rows}", "source.%3$I >= bucket.first AND source.%3$I < bucket.next")
"""An expression: the query of the rows that hypertable ``r`` has in ``bucket``.

Of UUIDs, it is of chunks. Each bucket is looked up by itself, in the index of times.
"""

ROWS_AT_START: Final = _ROWS.replace(
    "{chunks}", "range_start <= bucket.first AND range_end > bucket.first"
).replace("{rows}", "source.%3$I = bucket.first")
"""An expression: the query of the rows that it has at the start of ``bucket``."""


KEPT_STORAGE: Final = """jsonb_build_object(
    'tablespaces', (
      SELECT jsonb_agg(tablespace_name ORDER BY id)
        FROM _timescaledb_catalog.tablespace WHERE hypertable_id = {id}),
    'skipping', (
      SELECT jsonb_agg(DISTINCT column_name)
        FROM _timescaledb_catalog.chunk_column_stats WHERE hypertable_id = {id}))"""
"""An expression: how the chunks of the hypertable ``{id}`` are stored."""

GIVE_STORAGE: Final = """
  PERFORM @extschema@.attach_tablespace(value::name, {table}, if_not_attached => true)
     FROM jsonb_array_elements_text(nullif(kept -> 'storage' -> 'tablespaces', 'null'));
  IF kept -> 'storage' -> 'skipping' <> 'null' THEN
    PERFORM set_config('timescaledb.enable_chunk_skipping', 'on', true);
    PERFORM @extschema@.enable_chunk_skipping({table}, attname)
       FROM jsonb_array_elements_text(kept -> 'storage' -> 'skipping')
       JOIN pg_attribute ON attrelid = {table} AND attname = value AND NOT attisdropped;
  END IF;"""
"""Statements: have the chunks of ``{table}`` be stored as ``kept`` says."""


def session_key(relation: str) -> str:
    """Name the session's setting in which the settings of a relation are kept.

    The relation may be gone meanwhile: what it is called is all that stays.
    """
    return f"of_{md5(relation.encode(), usedforsecurity=False).hexdigest()}"


def filled(sql: str, **parts: str) -> str:
    """Put parts into SQL that has other braces and percent signs."""
    for name, part in parts.items():
        sql = sql.replace(f"{{{name}}}", part)
    return sql
