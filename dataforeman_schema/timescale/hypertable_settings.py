"""Keeping what is set of a hypertable while it, or its columnstore, is away."""

from __future__ import annotations

from typing import ClassVar, Final

from .ddl import Statement, dollar_quoted, regclass
from .kept_settings import (
    COLUMNSTORE_OPTIONS,
    GIVE_STORAGE,
    KEPT_COLUMNSTORE,
    KEPT_STORAGE,
    TIME_KIND,
    filled,
    policies,
    session_key,
)

_FIND: Final = """
  SELECT h.id, {time_kind} AS kind,
         quote_ident(integer_now_func_schema) || '.'
         || quote_ident(nullif(integer_now_func, '')) AS now
    INTO hypertable
    FROM _timescaledb_catalog.hypertable h
    JOIN _timescaledb_catalog.dimension d ON d.hypertable_id = h.id
     AND interval_length IS NOT NULL
   WHERE to_regclass(format('%I.%I', schema_name, table_name)) = source;"""

_KEEP: Final = """
DECLARE
  source CONSTANT regclass := {relation};
  hypertable record;
  zones jsonb;
BEGIN
{find}
{read_zones}
{refuse_other_jobs}
  PERFORM set_config('timescale_suspended.{key}', jsonb_build_object(
    'now', hypertable.now,
    'columnstore', {columnstore},
    'storage', {storage},
    'jobs', {kept_jobs})::text, false);
END
"""

_GIVE: Final = """
DECLARE
  source CONSTANT regclass := {relation};
  kept CONSTANT jsonb := nullif(
    current_setting('timescale_suspended.{key}', true), '')::jsonb;
  hypertable record;
  job record;
BEGIN
  IF kept IS NULL THEN
    RETURN;
  END IF;
  PERFORM set_config('timescale_suspended.{key}', '', false);
{find}
{give_partitioning}
{give_columnstore}
END
"""

_GIVE_PARTITIONING: Final = """
  IF kept ->> 'now' IS NOT NULL THEN
    PERFORM @extschema@.set_integer_now_func(source, (kept ->> 'now')::regproc);
  END IF;
{give_storage}"""

# With direct compress, and with the hypertable, policies went; with the former they
# came back as those of a new table. Those of a columnstore that is off wait for it.
_GIVE_COLUMNSTORE: Final = """
  IF kept -> 'columnstore' <> 'null' THEN
    EXECUTE format('ALTER TABLE %s SET (%s)', source, {options});
  END IF;
  FOR job IN SELECT * FROM {jobs} LOOP
    CONTINUE WHEN EXISTS (
      SELECT FROM timescaledb_information.jobs WHERE job_id = job.job_id);
    CONTINUE WHEN kept -> 'columnstore' = 'null' AND job.proc_name IN (
      'policy_compression', 'policy_columnstore', 'policy_compaction');
    {add_job};
    {give_job};
  END LOOP;"""

_SUSPEND: Final = """
DECLARE
  source CONSTANT regclass := {relation};
  hypertable record;
  zones jsonb;
  chunk regclass;
BEGIN
{find}
{read_zones}
  PERFORM set_config('timescale_suspended.{key}', coalesce((
    SELECT jsonb_build_object('columnstore', kept, 'jobs', {kept_jobs})::text
      FROM (SELECT {columnstore}) was (kept) WHERE kept IS NOT NULL), ''), false);
  IF current_setting('timescale_suspended.{key}') = '' THEN
    RETURN;
  END IF;
  FOR chunk IN SELECT @extschema@.show_chunks(source) LOOP
    CALL @extschema@.convert_to_rowstore(chunk, if_columnstore => true);
  END LOOP;
  EXECUTE format('ALTER TABLE %s SET (timescaledb.enable_columnstore = false)', source);
END
"""

_PARTS: Final = {
    "find": filled(_FIND, time_kind=TIME_KIND),
    "columnstore": filled(KEPT_COLUMNSTORE, table="source"),
    "options": filled(
        COLUMNSTORE_OPTIONS, kept="(kept -> 'columnstore')", table="source"
    ),
    "storage": filled(KEPT_STORAGE, id="hypertable.id"),
    "give_storage": filled(GIVE_STORAGE, table="source"),
    **policies("source", "hypertable.kind", "hypertable.id"),
    "relations": "source",
}


class _Block(Statement):
    """A ``DO`` block about the settings of a hypertable.

    Args:
        name: The hypertable.
        schema: Its schema, or None for the first of the search path.
    """

    body: ClassVar[str]
    kept_as: ClassVar[str] = ""

    def __init__(self, name: str, schema: str | None) -> None:
        self.relation = regclass(name, schema)

    def sql(self) -> str:
        """Write the statement."""
        key = f"{self.kept_as}{session_key(self.relation)}"
        body = filled(self.body, **_PARTS, relation=self.relation, key=key)
        return f"DO {dollar_quoted(body)}"


class KeepSettings(_Block):
    """Keep the columnstore and the policies of a hypertable in the session."""

    body = _KEEP


class GiveSettings(_Block):
    """Give a hypertable what was kept; nothing where nothing was."""

    body = filled(
        _GIVE, give_partitioning=_GIVE_PARTITIONING, give_columnstore=_GIVE_COLUMNSTORE
    )


class SuspendColumnstore(_Block):
    """Keep the columnstore of a hypertable in the session, and switch it off."""

    body = _SUSPEND
    kept_as = "columnstore_"


class ResumeColumnstore(_Block):
    """Switch a columnstore on that was suspended, as it was; nothing where none was."""

    body = filled(_GIVE, give_partitioning="", give_columnstore=_GIVE_COLUMNSTORE)
    kept_as = "columnstore_"
