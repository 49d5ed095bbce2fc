"""The columnstore and the policies of `system_metrics`, from one table to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.adoption.metric_records import (
    FORMER,
    POLICIES,
    has_timescaledb,
)
from dataforeman_schema.timescale.ddl import Text, dollar_quoted
from dataforeman_schema.timescale.extension_schema import run
from dataforeman_schema.timescale.kept_settings import (
    COLUMNSTORE_OPTIONS,
    GIVE_JOB,
    KEPT_COLUMNSTORE,
    filled,
    policies,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BEGIN: Final = """
DECLARE
  relation CONSTANT regclass := '{table}';
  hypertable CONSTANT int := (
    SELECT id FROM _timescaledb_catalog.hypertable
     WHERE to_regclass(format('%I.%I', schema_name, table_name)) = relation);
  kept jsonb := (SELECT p.kept FROM {policies} p);
  zones jsonb;
  job record;
BEGIN
"""

_PAUSE: Final = """
{read_zones}
  INSERT INTO {policies} VALUES (jsonb_build_object(
    'columnstore', {columnstore}, 'jobs', {kept_jobs}), false)
    RETURNING {policies}.kept INTO kept;
  FOR job IN SELECT * FROM {jobs} LOOP
    PERFORM @extschema@.alter_job(job.job_id, scheduled => false,
                                  timezone => job.timezone);
  END LOOP;
END
"""

_RESUME: Final = """
  FOR job IN SELECT * FROM {jobs} LOOP
    {give_back};
  END LOOP;
END
"""

# Of the policies that there are, one to reorder needs an index that only the former
# table has.
_GIVE: Final = """
  IF NOT EXISTS (SELECT FROM {policies} WHERE NOT given) THEN
    RETURN;
  END IF;
  UPDATE {policies} SET given = true;
  IF kept -> 'columnstore' <> 'null' THEN
    kept := jsonb_set(kept, ARRAY['columnstore'], replace(replace(
      (kept -> 'columnstore')::text, '"tag_id"', '"metric_name"'),
      '"v_num"', '"value"')::jsonb);
    EXECUTE format('ALTER TABLE %s SET (%s)', relation, {options});
  END IF;
  FOR job IN SELECT * FROM {jobs} LOOP
    CONTINUE WHEN job.proc_name = 'policy_reorder';
    {add_job};
    {give_job};
  END LOOP;
END
"""

_PARTS: Final = {
    "policies": str(POLICIES),
    "columnstore": filled(KEPT_COLUMNSTORE, table="relation"),
    "options": filled(
        COLUMNSTORE_OPTIONS, kept="(kept -> 'columnstore')", table="relation"
    ),
    **policies("relation", "'interval'", "hypertable"),
    "give_back": filled(GIVE_JOB, id="job.job_id", config="job.config"),
}


def pause_policies(connection: Connection) -> None:
    """Write down what is set of the former table, and pause its policies."""
    _run(connection, FORMER, _PAUSE)


def give_policies(connection: Connection) -> None:
    """Have the new table do what the former one did; only once."""
    _run(connection, "system_metrics", _GIVE)


def resume_policies(connection: Connection) -> None:
    """Have the policies of the former table, back under its name, go on."""
    _run(connection, "system_metrics", _RESUME)


def _run(connection: Connection, table: str, body: str) -> None:
    if has_timescaledb(connection):
        block = filled(_BEGIN + body, table=table, **_PARTS)
        run(connection, [Text(f"DO {dollar_quoted(block)}")])
