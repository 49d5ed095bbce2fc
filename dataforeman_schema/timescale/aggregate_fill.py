"""Filling continuous aggregates that were made anew, part by part.

Which ones, and how far, is written on the tables in which they keep their rows: so it
does not matter where it is interrupted, or which process goes on.
"""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from .aggregate_sql import FILL_MARK
from .ddl import Call, Text, regclass, string
from .extension_schema import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import Operations
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

# Those that others read were made before those.
_MARKED: Final = text("""
    SELECT user_view_schema, user_view_name, raw_hypertable_id,
           format('%I.%I', m.schema_name, m.table_name) AS rows, description,
           d.column_type::text AS kind,
           (_timescaledb_functions.cagg_get_bucket_function_info(mat_hypertable_id)
           ).bucket_width AS width
      FROM _timescaledb_catalog.continuous_agg
      JOIN _timescaledb_catalog.hypertable m ON m.id = mat_hypertable_id
      JOIN _timescaledb_catalog.dimension d ON d.hypertable_id = m.id
      JOIN pg_description
        ON objoid = to_regclass(format('%I.%I', m.schema_name, m.table_name))
       AND classoid = 'pg_class'::regclass AND objsubid = 0
     WHERE starts_with(description, :mark)
     ORDER BY mat_hypertable_id
""")

# Chunks are shown in UTC, whatever the type of the time column.
_ENDS: Final = {
    "timestamp with time zone": "range_end",
    "timestamp without time zone": "range_end AT TIME ZONE 'UTC'",
    "date": "(range_end AT TIME ZONE 'UTC')::date",
}
_PARTS: Final = """
    SELECT DISTINCT to_jsonb({end}) #>> '{{}}' AS reached,
           coalesce(range_end_integer, extract(epoch FROM range_end)) AS last,
           greatest(coalesce(range_start_integer, extract(epoch FROM range_start)),
                    {start}) AS first
      FROM timescaledb_information.chunks c
      JOIN _timescaledb_catalog.hypertable h
        ON h.schema_name = hypertable_schema AND h.table_name = hypertable_name
     WHERE h.id = :source AND {end} < CAST(:until AS {kind})
       AND coalesce({end} > CAST(:reached AS {kind}), true)
       AND coalesce({end} > CAST(:start AS {kind}), true)
     ORDER BY last
"""
_START: Final = "extract(epoch FROM CAST(:start AS {kind}))"
_INTERVAL: Final = text("SELECT extract(epoch FROM CAST(:width AS interval))")

# A code that it shares with locks that were not had in time.
_TAKEN: Final = "due to a concurrent refresh"
_PAUSE: Final = 1


@dataclass
class _Aggregate:
    """A continuous aggregate that is to be filled.

    Attributes:
        source: The number of the hypertable that it reads.
        rows: The table in which it keeps its rows.
        kind: The type of its time column.
        width: The span of its buckets.
        until: Where it ends, itself not filled.
        start: Where it begins, if rows are to be made again that are there.
        reached: How far it is.
        then: What is to be filled after that, from a start until an end.
    """

    schema: str
    name: str
    source: int
    rows: str
    kind: str
    width: str
    until: str
    start: str | None
    reached: str | None
    then: list[dict[str, str]]

    def write_down(self, connection: Connection) -> None:
        """Write down how far it is."""
        span = {"until": self.until, "start": self.start, "reached": self.reached}
        left = {**span, "then": self.then}
        self._comment(connection, string(FILL_MARK + json.dumps(left)))

    def go_on(self) -> bool:
        """Turn to what is to be filled next, if anything is."""
        if not self.then:
            return False
        span, *self.then = self.then
        self.until, self.start, self.reached = span["until"], span["start"], None
        return True

    def be_through(self, connection: Connection) -> None:
        """Write down that nothing is left."""
        self._comment(connection, "NULL")

    def _comment(self, connection: Connection, comment: str) -> None:
        run(connection, [Text(f"COMMENT ON TABLE {self.rows} IS {comment}")])

    def refresh(self, connection: Connection, end: str) -> None:
        """Materialize the next part, or all that is left of it."""
        call = Call(
            "CALL",
            "refresh_continuous_aggregate",
            regclass(self.name, self.schema),
            self._next(is_last=end == self.until),
            self._moment(end),
            force="true" if self.start else None,
        )
        while not _is_run(connection, call):
            sleep(_PAUSE)

    def _next(self, *, is_last: bool) -> str:
        if self.start is None:
            # What is materialized is not made again: the last part takes the buckets
            # that reach over the ends of others.
            whole = is_last or self.reached is None
            return "NULL" if whole else self._moment(str(self.reached))
        if self.reached is None:
            return self._moment(self.start)
        kind = "interval" if self.kind in _ENDS else self.kind
        before = f"{self._moment(self.reached)} - {string(self.width)}::{kind}"
        return f"greatest({self._moment(self.start)}, ({before})::{self.kind})"

    def _moment(self, value: str) -> str:
        return f"{string(value)}::{self.kind}"


def _is_run(connection: Connection, refresh: Call) -> bool:
    """Refresh, unless somebody else, such as a policy, refreshes the same just now."""
    try:
        run(connection, [refresh])
    except DBAPIError as error:
        if _TAKEN not in str(error.orig):
            raise
        log.info("Waiting for another refresh of the same buckets")
        return False
    return True


def fill_aggregates(connection: Connection) -> None:
    """Fill the continuous aggregates that revisions made anew, where that is owed.

    Each is filled up to where it was materialized before, from all rows that are there,
    in a transaction for each part of its source's chunks, with progress in the log.
    What is interrupted goes on where it was when this is called again. Nothing else is
    refreshed.

    Args:
        connection: A connection of the aggregates' owner, in no transaction.

    Raises:
        DBAPIError: The server refused a refresh; what was filled before stays.
    """
    with _autocommit(connection):
        for aggregate in _marked(connection):
            _fill(connection, aggregate)


def fill_when_recorded(operations: Operations) -> None:
    """Have aggregates filled as soon as the revision that runs is recorded.

    An environment that fills them itself, after all revisions, says so with
    ``context.configure(fills_aggregates=True)``.
    """
    context = operations.migration_context
    if context.opts.get("fills_aggregates") or _fill_recorded in (
        context.on_version_apply_callbacks
    ):
        return
    context.on_version_apply_callbacks += (_fill_recorded,)


def _fill_recorded(**step: Any) -> None:  # noqa: ANN401 (as Alembic calls it)
    context = step["ctx"]
    if context.as_sql:
        context.impl.static_output(
            "-- Afterwards: python -m dataforeman_schema.timescale fill URL"
        )
    elif not context.opts.get("timescaledb_absent"):
        with context.autocommit_block():
            for aggregate in _marked(context.connection):
                _fill(context.connection, aggregate)


@contextmanager
def _autocommit(connection: Connection) -> Iterator[None]:
    before = connection.get_isolation_level()
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    try:
        yield
    finally:
        connection.commit()
        connection.execution_options(isolation_level=before)


def _marked(connection: Connection) -> list[_Aggregate]:
    found = []
    for row in connection.execute(_MARKED, {"mark": FILL_MARK}).all():
        left = json.loads(row.description.removeprefix(FILL_MARK))
        where = (row.user_view_schema, row.user_view_name, row.raw_hypertable_id)
        how = (row.rows, row.kind, row.width)
        span = (str(left["until"]), left.get("start"), left.get("reached"))
        found.append(_Aggregate(*where, *how, *span, left.get("then", [])))
    return found


def _fill(connection: Connection, aggregate: _Aggregate) -> None:
    _fill_span(connection, aggregate)
    while aggregate.go_on():
        _fill_span(connection, aggregate)
    aggregate.be_through(connection)


def _fill_span(connection: Connection, aggregate: _Aggregate) -> None:
    ends = [*_ends(connection, aggregate), aggregate.until]
    for number, end in enumerate(ends, 1):
        log.info(
            "Filling continuous aggregate %s.%s: part %d of %d, up to %s",
            aggregate.schema,
            aggregate.name,
            number,
            len(ends),
            end,
        )
        aggregate.refresh(connection, end)
        aggregate.reached = end
        aggregate.write_down(connection)


def _ends(connection: Connection, aggregate: _Aggregate) -> Iterator[str]:
    """Say where parts end: with chunks, but none is shorter than two buckets."""
    end = _ENDS.get(aggregate.kind, "range_end_integer")
    start = _START if aggregate.kind in _ENDS else "CAST(:start AS {kind})"
    start = start.format(kind=aggregate.kind)
    parts = connection.execute(
        text(_PARTS.format(end=end, kind=aggregate.kind, start=start)),
        {
            "source": aggregate.source,
            "until": aggregate.until,
            "reached": aggregate.reached,
            "start": aggregate.start,
        },
    ).all()
    least = 2 * _width(connection, aggregate)
    begun: Any = None
    for part in parts:
        begun = part.first if begun is None else begun
        if part.last - begun >= least:
            yield part.reached
            begun = part.last


def _width(connection: Connection, aggregate: _Aggregate) -> Any:  # noqa: ANN401
    if aggregate.kind not in _ENDS:
        return int(aggregate.width)
    return connection.scalar(_INTERVAL, {"width": aggregate.width})
