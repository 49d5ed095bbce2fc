"""Proving that the new `system_metrics` has what the former one has."""

# ruff: noqa: S608 (what is put into the queries are names and expressions of ours)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from dataforeman_schema.alembic_env.home import quoted_schema
from dataforeman_schema.commands.adoption.metric_records import (
    DONE,
    FORMER,
    NAMES,
    has_timescaledb,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

CONVERTED: Final = "ingested_at IS NULL AND labels = '{}'"
"""A condition: no service wrote the row, for the server gives theirs a time."""

# What the same policy, which the former table has no more, may have dropped.
_HORIZON: Final = text("""
SELECT (now() - min((config ->> 'drop_after')::interval))::text
FROM timescaledb_information.jobs
WHERE hypertable_schema = current_schema() AND hypertable_name = 'system_metrics'
AND proc_name = 'policy_retention'
""")

# Each number as the text that only it has: as numeric, 15 of its digits would count;
# as it is, the sum would depend on the order. The hashes tell what sums do not, such as
# two changes that make up for each other, a time, and what else there is beside a NaN.
_TOTALS: Final = """
SELECT metric_name, (ts AT TIME ZONE 'UTC')::date AS day,
  count(*) AS rows, sum({value}::text::numeric) AS total,
  sum(timestamp_hash_extended(ts AT TIME ZONE 'UTC', hashfloat8extended({value}, 0)))
    AS hashes
FROM {table}
WHERE {condition} AND ts < {done} AND ts >= CAST(:horizon AS timestamptz)
GROUP BY 1, 2
"""

_DIFFERENCES: Final = f"""
WITH former AS ({
    _TOTALS.format(
        value="v_num",
        table=f"{FORMER} JOIN {NAMES} USING (tag_id)",
        condition="v_num IS NOT NULL",
        done=DONE,
    )
}), converted AS ({
    _TOTALS.format(
        value="value",
        table="{home}.system_metrics",
        condition=CONVERTED.replace("{}", "{{}}"),
        done=DONE,
    )
})
SELECT metric_name, day, coalesce(former.rows, 0) AS former_rows,
  coalesce(former.total, 0) AS former_total,
  coalesce(converted.rows, 0) AS rows, coalesce(converted.total, 0) AS total
FROM former FULL JOIN converted USING (metric_name, day)
WHERE (former.rows, former.total, former.hashes)
  IS DISTINCT FROM (converted.rows, converted.total, converted.hashes)
ORDER BY day, metric_name
"""


def prove(connection: Connection) -> list[str]:
    """Compare counts and sums of both tables, by metric and day (UTC).

    The server computes them; sums are exact, and each row's time and value is in a
    checksum besides. What was converted so far is compared: rows that services wrote to
    the new table since have a time in ingested_at, and do not count. A row without it
    counts, whoever wrote it. Rows that are old enough now for the new table's retention
    policy to drop them are not compared.

    Args:
        connection: A connection to the telemetry database; the table system_metrics of
            its current schema is the new one.

    Returns:
        A sentence for each difference; none if there is none, of that which is
        converted so far.
    """
    horizon = connection.scalar(_HORIZON) if has_timescaledb(connection) else None
    query = text(_DIFFERENCES.format(home=quoted_schema(connection)))
    found = connection.execute(query, {"horizon": horizon or "-infinity"})
    return [_sentence(row) for row in found]


def _sentence(row: Row[Any]) -> str:
    had = f"{row.former_rows:,} rows with the sum {row.former_total}"
    has = f"{row.rows:,} rows with the sum {row.total}"
    about = f"{row.metric_name} on {row.day}"
    if had == has:
        return f"{about} has {has} as before, but not of the same times and values"
    return f"{about} had {had} and has {has}"
