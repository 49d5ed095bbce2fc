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
from .kept_settings import (
    COLUMNSTORE_OPTIONS,
    GIVE_JOB,
    JOBS,
    KEPT_COLUMNSTORE,
    filled,
)
from .operation import execute, placed

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_SUSPEND: Final = """
DECLARE
  source CONSTANT regclass := {relation};
  kept CONSTANT jsonb := {columnstore};
  chunk regclass;
BEGIN
  PERFORM set_config('timescale_suspended.of_' || source::oid, coalesce((
    kept || jsonb_build_object('jobs', (
      SELECT jsonb_agg(to_jsonb(j))
        FROM timescaledb_information.jobs j
       WHERE to_regclass(quote_ident(hypertable_schema) || '.'
                         || quote_ident(hypertable_name)) = source
    )))::text, ''), false);
  IF kept IS NULL THEN
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
  job record;
BEGIN
  IF kept IS NULL THEN
    RETURN;
  END IF;
  PERFORM set_config('timescale_suspended.of_' || source::oid, '', false);
  EXECUTE format('ALTER TABLE %s SET (%s)', source, {options});
  -- With direct compress the policies went, too, and came back as those of a new table.
  FOR job IN
    SELECT saved.*, live.job_id AS id
      FROM {jobs}
      JOIN timescaledb_information.jobs live
        USING (proc_name, hypertable_schema, hypertable_name)
     WHERE live.job_id <> saved.job_id AND (kept -> 'direct')::bool
  LOOP
    {give_job};
  END LOOP;
END
"""


class _Block(Statement):
    def __init__(self, body: str, name: str, schema: str | None) -> None:
        self.body = body
        self.relation = regclass(name, schema)

    def sql(self) -> str:
        """Write the ``DO`` block."""
        body = filled(
            self.body,
            columnstore=filled(KEPT_COLUMNSTORE, table="source"),
            options=filled(COLUMNSTORE_OPTIONS, kept="kept", table="source"),
            jobs=filled(JOBS, kept="kept -> 'jobs'"),
            give_job=filled(GIVE_JOB, id="job.id", config="job.config"),
            relation=self.relation,
        )
        return f"DO {dollar_quoted(body)}"


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
