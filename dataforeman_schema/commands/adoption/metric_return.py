"""Bringing the former `system_metrics` back."""

# ruff: noqa: S608 (what is put into the queries are names and expressions of ours)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from dataforeman_schema.alembic_env.accepted import SET_ASIDE
from dataforeman_schema.commands.adoption.metric_policies import resume_policies
from dataforeman_schema.commands.adoption.metric_proof import CONVERTED
from dataforeman_schema.commands.adoption.metric_records import (
    DONE,
    FORMER,
    NAMES,
    drop_records,
    drop_table,
    hold_records,
)
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WRITTEN: Final = f"{SET_ASIDE}.metrics_written_since"

# What the conversion wrote is subtracted, row by row: a converted row that somebody
# changed afterwards, or one more that is equal to it, was written since.
_TAKE_WRITTEN: Final = text(f"""
CREATE TABLE {_WRITTEN} AS
SELECT written.*, (
  SELECT max(tag_id) FROM {NAMES} AS named
  WHERE named.metric_name = written.metric_name) AS tag_id
FROM (
  SELECT ts, metric_name, value, labels FROM system_metrics
  WHERE ({CONVERTED}) IS NOT TRUE
  UNION ALL (
    SELECT ts, metric_name, value, labels FROM system_metrics WHERE {CONVERTED}
    EXCEPT ALL
    SELECT ts, metric_name, v_num, '{{}}'::jsonb
    FROM {FORMER} JOIN {NAMES} USING (tag_id)
    WHERE v_num IS NOT NULL AND ts < {DONE})) AS written
""")

_OBSTACLES: Final = text(f"""
SELECT count(*) FILTER (WHERE is_labelled) AS labelled,
  count(*) FILTER (WHERE tag_id IS NULL) AS unnamed,
  count(*) FILTER (WHERE is_taken) AS taken
FROM (
  SELECT tag_id, labels <> '{{}}' AS is_labelled,
    tag_id IS NOT NULL AND count(*) OVER (PARTITION BY tag_id, ts) > 1
    OR EXISTS (SELECT FROM {FORMER} AS former
      WHERE (former.tag_id, former.ts) = (written.tag_id, written.ts)) AS is_taken
  FROM {_WRITTEN} AS written) AS judged
""")

_GO_BACK: Final = text(f"""
INSERT INTO {FORMER} (tag_id, ts, v_num) SELECT tag_id, ts, value FROM {_WRITTEN}
""")

_SCHEMA: Final = text("SELECT quote_ident(current_schema())")

_REASONS: Final = {
    "labelled": "with labels",
    "unnamed": "of metrics that are no tag's path",
    "taken": "of a tag and time of which there is another",
}


def undo(connection: Connection) -> int:
    """Bring the former table back under its name, in the caller's transaction.

    It comes with its chunks, keys, indexes and policies, those that ran before go on.
    The new table goes, with the rows that were converted. Rows that were written to it
    since go back as (tag_id, ts, v_num), of which ingested_at has no place there.

    Args:
        connection: A connection to the telemetry database; the table system_metrics of
            its current schema is the new one.

    Returns:
        How many rows went back.

    Raises:
        SchemaError: Rows cannot go back, counted by the reason; nothing is set aside;
            or something depends on the new table. Roll back then.
    """
    hold_records(connection)
    connection.execute(text("LOCK TABLE system_metrics"))  # nothing comes in between
    connection.execute(_TAKE_WRITTEN)
    _refuse_to_lose(connection)
    rows = connection.execute(_GO_BACK).rowcount
    schema = connection.scalar(_SCHEMA)
    for name in (_WRITTEN, "system_metrics"):
        drop_table(connection, name)
    connection.execute(text(f"ALTER TABLE {FORMER} SET SCHEMA {schema}"))
    resume_policies(connection)
    drop_records(connection)
    return rows


def _refuse_to_lose(connection: Connection) -> None:
    counted = connection.execute(_OBSTACLES).mappings().one()
    found = [f"{counted[key]:,} {why}" for key, why in _REASONS.items() if counted[key]]
    if found:
        raise SchemaError(
            "not all that was written to system_metrics since it was converted can go "
            f"back into the former table: rows {', '.join(found)}; export and delete "
            "them, and try again"
        )
