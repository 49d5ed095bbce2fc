"""Switching a columnstore off for a while, for what it does not allow.

What is set of it is read when the revision runs and given back afterwards, so that
nothing is lost that the models do not manage: they need not know of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations

from . import render
from .ddl import Statement, dollar_quoted, regclass
from .operation import execute, placed

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

# A setting of the session needs no right that a temporary table would, and is undone
# with the transaction. A column that a release does not have is no key of its JSON.
_SUSPEND: Final = """
DECLARE
  source CONSTANT regclass := {relation};
  chunk regclass;
BEGIN
  PERFORM set_config('timescale_suspended.of_' || source::oid, coalesce((
    SELECT jsonb_build_object('settings', to_jsonb(s), 'direct', h.status & 8 = 8,
             'merge', (SELECT CASE WHEN column_type IN ('int8'::regtype, 'int4', 'int2')
                              THEN compress_interval_length::text
                              ELSE make_interval(secs => compress_interval_length
                                                         / 1000000.0)::text END
                         FROM _timescaledb_catalog.dimension
                        WHERE hypertable_id = h.id
                          AND compress_interval_length IS NOT NULL),
             'jobs', (SELECT jsonb_agg(to_jsonb(j))
                        FROM timescaledb_information.jobs j
                       WHERE hypertable_schema = h.schema_name
                         AND hypertable_name = h.table_name))
      FROM _timescaledb_catalog.hypertable h
      JOIN timescaledb_information.hypertables
        ON hypertable_schema = schema_name AND hypertable_name = table_name
       AND compression_enabled
      JOIN _timescaledb_catalog.compression_settings s ON s.relid = source
     WHERE to_regclass(format('%I.%I', schema_name, table_name)) = source)::text, ''),
    false);
  IF current_setting('timescale_suspended.of_' || source::oid) = '' THEN
    RETURN;
  END IF;
  FOR chunk IN SELECT @extschema@.show_chunks(source) LOOP
    CALL @extschema@.convert_to_rowstore(chunk, if_columnstore => true);
  END LOOP;
  EXECUTE format('ALTER TABLE %s SET (timescaledb.enable_columnstore = false)', source);
END
"""

_RESUME: Final = """
DECLARE
  source CONSTANT regclass := {relation};
  kept CONSTANT jsonb := nullif(
    current_setting('timescale_suspended.of_' || source::oid, true), '')::jsonb;
  settings CONSTANT jsonb := kept -> 'settings';
  options text;
  job record;
BEGIN
  IF kept IS NULL THEN
    RETURN;
  END IF;
  PERFORM set_config('timescale_suspended.of_' || source::oid, '', false);
  SELECT string_agg(format('timescaledb.%s = %L', option, value), ', ') INTO options
    FROM (VALUES
      ('enable_columnstore', 'true'),
      ('segmentby', (
        SELECT string_agg(quote_ident(value), ', ' ORDER BY ordinality)
          FROM jsonb_array_elements_text(nullif(settings -> 'segmentby', 'null'))
               WITH ORDINALITY)),
      ('orderby', (
        SELECT string_agg(quote_ident(value)
                 || CASE settings -> 'orderby_desc' -> at WHEN 'true'
                    THEN ' DESC' ELSE ' ASC' END
                 || CASE settings -> 'orderby_nullsfirst' -> at WHEN 'true'
                    THEN ' NULLS FIRST' ELSE ' NULLS LAST' END, ', ' ORDER BY at)
          FROM jsonb_array_elements_text(nullif(settings -> 'orderby', 'null'))
               WITH ORDINALITY, LATERAL (SELECT ordinality::int - 1 AS at) place)),
      ('compress_index', (
        SELECT string_agg(format('%s(%s)', value ->> 'type', columns), ', ')
          FROM jsonb_array_elements(nullif(settings -> 'index', 'null')), LATERAL (
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY ordinality)
                     AS columns,
                   count(*) = count(attname) AS are_there
              FROM jsonb_array_elements_text(
                     CASE jsonb_typeof(value -> 'column')
                     WHEN 'array' THEN value -> 'column'
                     ELSE jsonb_build_array(value -> 'column') END)
                   WITH ORDINALITY AS named (name, ordinality)
              LEFT JOIN pg_attribute ON attrelid = source AND attname = name
               AND NOT attisdropped) named
         WHERE value ->> 'source' = 'config' AND are_there)),
      ('compress_chunk_time_interval', kept ->> 'merge'),
      ('direct_compress', CASE WHEN (kept -> 'direct')::bool THEN 'true' END)
    ) given (option, value)
   WHERE value IS NOT NULL;
  EXECUTE format('ALTER TABLE %s SET (%s)', source, options);
  -- With direct compress the policies went, too, and came back as those of a new table.
  FOR job IN
    SELECT saved.*, live.job_id AS id
      FROM jsonb_to_recordset(nullif(kept -> 'jobs', 'null')) AS saved (
             job_id int, proc_name name, hypertable_name name, hypertable_schema name,
             schedule_interval interval, max_runtime interval, max_retries int,
             retry_period interval, scheduled bool, config jsonb,
             next_start timestamptz, fixed_schedule bool, initial_start timestamptz)
      JOIN timescaledb_information.jobs live
        USING (proc_name, hypertable_schema, hypertable_name)
     WHERE live.job_id <> saved.job_id AND (kept -> 'direct')::bool
  LOOP
    PERFORM @extschema@.alter_job(job.id, schedule_interval => job.schedule_interval,
      max_runtime => job.max_runtime, max_retries => job.max_retries,
      retry_period => job.retry_period, scheduled => job.scheduled,
      config => job.config, next_start => job.next_start,
      fixed_schedule => job.fixed_schedule, initial_start => job.initial_start);
  END LOOP;
END
"""


class _Block(Statement):
    def __init__(self, body: str, name: str, schema: str | None) -> None:
        self.body = body
        self.relation = regclass(name, schema)

    def sql(self) -> str:
        """Write the ``DO`` block."""
        return f"DO {dollar_quoted(self.body.replace('{relation}', self.relation))}"


class _PauseOp(MigrateOperation):
    """What both operations carry.

    Args:
        table_name: The hypertable.
        schema: Its schema, or None for the first of the search path.
    """

    body: ClassVar[str]
    difference: ClassVar[str]

    def __init__(self, table_name: str, *, schema: str | None = None) -> None:
        self.table_name = table_name
        self.schema = schema

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the operation."""
        return (self.difference, self.table_name, self.schema)


@Operations.register_operation("suspend_columnstore")
class SuspendColumnstoreOp(_PauseOp):
    """Switch a columnstore off for operations that it does not allow."""

    body = _SUSPEND
    difference = "suspend_columnstore"

    @classmethod
    def suspend_columnstore(
        cls, operations: Operations, table_name: str, *, schema: str | None = None
    ) -> None:
        """Switch a columnstore off for the operations up to ``resume_columnstore``.

        Every chunk is decompressed, which takes time and space; no row is lost. Nothing
        happens where the columnstore is off. The reverse is ``op.resume_columnstore``.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            schema: Its schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, schema=schema))

    def reverse(self) -> ResumeColumnstoreOp:
        """Return the operation that switches it on again."""
        return ResumeColumnstoreOp(self.table_name, schema=self.schema)


@Operations.register_operation("resume_columnstore")
class ResumeColumnstoreOp(_PauseOp):
    """Switch a suspended columnstore on again."""

    body = _RESUME
    difference = "resume_columnstore"

    @classmethod
    def resume_columnstore(
        cls, operations: Operations, table_name: str, *, schema: str | None = None
    ) -> None:
        """Switch a columnstore on again that ``suspend_columnstore`` switched off.

        Everything is set as it was, also what no model declares: sparse indexes, the
        span of merged chunks, direct compress, jobs. Chunks stay in the rowstore until
        the policy moves them. The reverse is ``op.suspend_columnstore``.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            schema: Its schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, schema=schema))

    def reverse(self) -> SuspendColumnstoreOp:
        """Return the operation that switches it off."""
        return SuspendColumnstoreOp(self.table_name, schema=self.schema)


@Operations.implementation_for(_PauseOp)
def _run(operations: Operations, op: _PauseOp) -> None:
    execute(operations, [_Block(op.body, op.table_name, placed(operations, op.schema))])


@renderers.dispatch_for(SuspendColumnstoreOp)
def _render_suspend(context: AutogenContext, op: SuspendColumnstoreOp) -> list[str]:
    cost = "Decompresses every chunk, which takes time and space."
    call = render.call(context, "suspend_columnstore", op.table_name, schema=op.schema)
    return [*render.comment(cost), call]


@renderers.dispatch_for(ResumeColumnstoreOp)
def _render_resume(context: AutogenContext, op: ResumeColumnstoreOp) -> str:
    return render.call(context, "resume_columnstore", op.table_name, schema=op.schema)
