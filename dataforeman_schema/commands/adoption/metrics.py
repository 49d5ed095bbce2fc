"""Converting `system_metrics` from the application's form, and back.

The application writes (tag_id, ts, v_num), where the tag is one of its System
connection, in the other database. The models have (ts, metric_name, value, labels,
ingested_at). An adoption runs, in this order:

1. in one transaction: `set_aside`, and the new table, which is the caller's to make;
2. `convert`, which commits chunk by chunk and goes on where it was after a kill;
3. `prove`, as often as one likes;
4. `finish`, or before that `undo`, in a transaction each.

The former table stays as it is all the time: nothing is deleted from it.
"""

# ruff: noqa: S608 (what is put into the queries are names and expressions of ours)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, text

from dataforeman_schema.alembic_env.accepted import SET_ASIDE
from dataforeman_schema.alembic_env.home import quoted_schema
from dataforeman_schema.commands.adoption.metric_policies import (
    give_policies,
    pause_policies,
)
from dataforeman_schema.commands.adoption.metric_proof import prove
from dataforeman_schema.commands.adoption.metric_records import (
    BATCHES,
    DONE,
    FORMER,
    NAMES,
    RECORDS,
    drop_records,
    drop_table,
    former_exists,
    has_timescaledb,
    hold_records,
    records_exist,
    refuse_where_nothing_is_set_aside,
)
from dataforeman_schema.commands.adoption.metric_return import undo
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, TextClause

__all__ = [
    "SET_ASIDE",
    "Conversion",
    "convert",
    "finish",
    "is_former",
    "prove",
    "rows_left",
    "set_aside",
    "tag_paths",
    "undo",
]

_FORMER_COLUMNS: Final = {
    "tag_id": "integer",
    "ts": "timestamp with time zone",
    "v_num": "double precision",
}

_COLUMNS: Final = text("""
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relname = 'system_metrics' AND relkind IN ('r', 'p')
AND relnamespace = quote_ident(current_schema())::regnamespace
AND attnum > 0 AND NOT attisdropped
""")

_TAG_PATHS: Final = """
SELECT tag_id, tag_path FROM {home}.tag_metadata
JOIN {home}.connections ON connections.id = connection_id
WHERE connections.type = 'system'
"""

# Chunks of several dimensions share their ends, so an end is a batch, not a chunk.
_CHUNK_ENDS: Final = text(f"""
SELECT DISTINCT range_end::text AS until, range_end FROM timescaledb_information.chunks
WHERE hypertable_schema = '{SET_ASIDE}' AND hypertable_name = 'system_metrics'
AND range_end > {DONE}
ORDER BY range_end
""")

_DAY_ENDS: Final = text(f"""
SELECT ((day + 1)::timestamp AT TIME ZONE 'UTC')::text AS until, day FROM (
  SELECT DISTINCT (ts AT TIME ZONE 'UTC')::date AS day FROM {FORMER}
  WHERE ts >= {DONE}) AS days
ORDER BY day
""")

_BATCH: Final = """
ts >= CAST(:since AS timestamptz) AND ts < CAST(:until AS timestamptz)
"""

_DONE: Final = text(f"SELECT ({DONE})::text, CAST(:until AS timestamptz) <= {DONE}")

_NAME_UNKNOWN: Final = text(f"""
INSERT INTO {NAMES} (tag_id, metric_name, is_known)
SELECT DISTINCT tag_id, 'tag ' || tag_id, false FROM {FORMER}
WHERE {_BATCH} AND NOT EXISTS (
  SELECT FROM {NAMES} AS named WHERE named.tag_id = {FORMER}.tag_id)
""")

_COPY: Final = text(f"""
INSERT INTO system_metrics (ts, metric_name, value, labels, ingested_at)
SELECT ts, metric_name, v_num, '{{}}', NULL
FROM {FORMER} JOIN {NAMES} USING (tag_id)
WHERE {_BATCH} AND v_num IS NOT NULL
""")

_RECORD: Final = text(f"""
INSERT INTO {BATCHES} (until, rows, without_value, of_unknown_tags)
SELECT CAST(:until AS timestamptz), :rows, count(*) FILTER (WHERE v_num IS NULL),
  count(v_num) FILTER (WHERE NOT is_known)
FROM {FORMER} JOIN {NAMES} USING (tag_id) WHERE {_BATCH}
""")

_CONVERSION: Final = text(f"""
SELECT count(*) AS batches, coalesce(sum(rows), 0)::bigint AS rows,
  coalesce(sum(without_value), 0)::bigint AS without_value,
  coalesce(sum(of_unknown_tags), 0)::bigint AS of_unknown_tags,
  (SELECT coalesce(array_agg(tag_id ORDER BY tag_id), '{{}}') FROM {NAMES}
   WHERE NOT is_known) AS unknown_tags
FROM {BATCHES}
""")

_LEFT: Final = text(f"SELECT count(*) FROM {FORMER} WHERE ts >= {DONE}")

_SHOWN: Final = 3
"""How many differences a refusal names; `prove` names all."""


@dataclass(frozen=True)
class Conversion:
    """What was converted, in all runs together.

    Attributes:
        batches: How many transactions it took, one per chunk.
        rows: The rows that the new table got.
        without_value: The rows that stay in the former table alone: their v_num is
            NULL, and a measurement has a value.
        of_unknown_tags: Those of the converted rows whose tag has no path; their
            metric is called after the number, such as `tag 123`.
        unknown_tags: The numbers of those tags.
    """

    batches: int
    rows: int
    without_value: int
    of_unknown_tags: int
    unknown_tags: tuple[int, ...]


def is_former(connection: Connection) -> bool:
    """Tell whether system_metrics has exactly the columns that the application made.

    The catalog is asked for the table of the current schema; no row is read.
    """
    return _pairs(connection, _COLUMNS) == _FORMER_COLUMNS


def tag_paths(meta_connection: Connection) -> dict[int, str]:
    """Read what the tags of the System connection are called, the deleted ones too.

    Args:
        meta_connection: A connection to the metadata database, in our form or in the
            application's.

    Returns:
        The path of each tag, which is the metric's name, by its number.
    """
    home = quoted_schema(meta_connection)
    return _pairs(meta_connection, text(_TAG_PATHS.format(home=home)))


def _pairs(connection: Connection, query: TextClause) -> dict[Any, Any]:
    return {row[0]: row[1] for row in connection.execute(query)}


def set_aside(connection: Connection, names: Mapping[int, str]) -> None:
    """Move the former table to the schema `set_aside`, in the caller's transaction.

    Chunks, keys, indexes and rights go with it, and their names are free again. Its
    columnstore stays on. Its policies are paused, for a retention policy would go on
    deleting; `convert` gives the new table the same ones, of the same age and schedule,
    and `undo` lets the paused ones go on. What else a database has that reads the
    table, such as views and continuous aggregates, goes on reading the former one.

    The names are written down with it, so that a conversion that goes on later calls
    every row of a tag alike, whatever happened to the tag in the meantime.

    Args:
        connection: A connection to the telemetry database; its current schema has the
            table.
        names: What `tag_paths` read.

    Raises:
        SchemaError: A former table is set aside already.
    """
    if former_exists(connection):
        raise SchemaError(
            f"there is a {FORMER} already; finish or undo that adoption, or drop the "
            "table, and try again"
        )
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SET_ASIDE}"))
    connection.execute(text(f"ALTER TABLE system_metrics SET SCHEMA {SET_ASIDE}"))
    RECORDS.drop_all(connection)  # whose table somebody dropped by hand
    RECORDS.create_all(connection)
    if names:
        rows = [
            {"tag_id": tag_id, "metric_name": name, "is_known": True}
            for tag_id, name in names.items()
        ]
        connection.execute(insert(NAMES), rows)
    pause_policies(connection)


def convert(connection: Connection, say: Callable[[str], None]) -> Conversion:
    """Copy the rows of the former table into the new one, a chunk per transaction.

    What is done is written down in the same transaction. So it can be killed at any
    moment, and the next call goes on; rows that are written to the new table meanwhile
    do not matter, and two calls at once take turns. A plain table is copied day by day.
    At the end the new table gets the policies of the former one, and its columnstore.

    A converted row has no labels, `{}`, and ingested_at NULL: nobody knows when it was
    written. The moment of the conversion, or its ts, would be taken for that, while
    rows that services write have the server's time. That also tells them apart.

    Args:
        connection: A connection to the telemetry database without an open transaction;
            the table system_metrics of its current schema is the new one.
        say: Told of each chunk, after it is committed.

    Returns:
        What was converted, by this call and those before it.

    Raises:
        SchemaError: Nothing is set aside.
    """
    refuse_where_nothing_is_set_aside(connection)
    ends = _ends(connection)
    done = _conversion(connection).batches
    connection.commit()
    for number, until in enumerate(ends, done + 1):
        rows = _convert_until(connection, until)
        connection.commit()
        say(
            f"system_metrics: {number} of {done + len(ends)} parts converted, up to "
            f"{until}, the last with {rows:,} rows"
        )
    give_policies(connection)
    connection.commit()
    return _conversion(connection)


def _ends(connection: Connection) -> list[str]:
    """List until when each batch goes that is not done, the oldest first."""
    if has_timescaledb(connection) and (
        ends := list(connection.scalars(_CHUNK_ENDS).all())
    ):
        return ends
    return list(connection.scalars(_DAY_ENDS).all())


def _convert_until(connection: Connection, until: str) -> int:
    """Convert the rows from where the last batch ended, unless somebody else did."""
    hold_records(connection)
    since, is_done = connection.execute(_DONE, {"until": until}).one()
    if is_done:
        return 0
    batch = {"since": since, "until": until}
    connection.execute(_NAME_UNKNOWN, batch)
    rows = connection.execute(_COPY, batch).rowcount
    connection.execute(_RECORD, batch | {"rows": rows})
    return rows


def _conversion(connection: Connection) -> Conversion:
    row = connection.execute(_CONVERSION).one()
    return Conversion(
        row.batches,
        row.rows,
        row.without_value,
        row.of_unknown_tags,
        tuple(row.unknown_tags),
    )


def finish(connection: Connection) -> str:
    """Drop the former table and what was written down, in the caller's transaction.

    The schema `set_aside` goes too, unless it keeps something else.

    Args:
        connection: A connection to the telemetry database.

    Returns:
        What was dropped, with its rows, and how many of them have no value and so are
        not in the new table. A person may have dropped the table before.

    Raises:
        SchemaError: The conversion is not complete, the two tables differ, or something
            depends on the former table. Nothing is changed then.
    """
    if records_exist(connection) and not former_exists(connection):
        drop_records(connection)
        return f"{FORMER} was dropped before"
    hold_records(connection)
    _refuse_unproved(connection)
    found = _conversion(connection)
    rows = connection.scalar(text(f"SELECT count(*) FROM {FORMER}"))
    drop_table(connection, FORMER)
    drop_records(connection)
    return (
        f"dropped {FORMER} with its {rows:,} rows, of which {found.without_value:,} "
        "had no value and are nowhere else"
    )


def rows_left(connection: Connection) -> int:
    """Count the rows that a conversion has still to convert; none where there is none.

    Args:
        connection: A connection to the telemetry database.
    """
    is_begun = records_exist(connection) and former_exists(connection)
    return (connection.scalar(_LEFT) or 0) if is_begun else 0


def _refuse_unproved(connection: Connection) -> None:
    if left := rows_left(connection):
        raise SchemaError(
            f"{left:,} rows of {FORMER} are not converted yet; let dataforeman-schema "
            "adopt go on, and try again"
        )
    if found := prove(connection):
        more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise SchemaError(
            f"{FORMER} stays, because system_metrics differs from it: "
            f"{'; '.join(found[:_SHOWN])}{more}"
        )
