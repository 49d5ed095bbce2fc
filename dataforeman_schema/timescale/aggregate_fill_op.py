"""Filling continuous aggregates as soon as their revision is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .aggregate_fill import fill_owed

if TYPE_CHECKING:
    from alembic.operations import Operations


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
            fill_owed(context.connection)
