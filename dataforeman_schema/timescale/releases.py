"""What only some releases of TimescaleDB have, and how a server is asked for it.

A server is never asked for its version: builds differ, and so do the patches of
distributions. The release is for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alembic.util import CommandError
from sqlalchemy import text

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy import Connection


@dataclass(frozen=True)
class ServerFeature:
    """Something that a server has or lacks.

    Attributes:
        what: What it is, in the plural, as the beginning of a sentence.
        since: The release it came in.
        probe: An SQL expression that is true where the server has it.
    """

    what: str
    since: str
    probe: str

    def is_in(self, connection: Connection) -> bool:
        """Ask a server whether it has it."""
        return connection.scalar(text(f"SELECT {self.probe}")) is True


def _column(table: str, column: str) -> str:
    return (
        "EXISTS (SELECT FROM pg_attribute WHERE NOT attisdropped "
        f"AND attrelid = to_regclass('{table}') AND attname = '{column}')"
    )


def _argument(function: str, argument: str) -> str:
    return (
        f"EXISTS (SELECT FROM pg_proc WHERE proname = '{function}' "
        f"AND '{argument}' = ANY (proargnames))"
    )


BATCHED_REFRESH: Final = ServerFeature(
    "Refresh policies with buckets_per_batch and max_batches_per_execution",
    "2.19",
    _argument("add_continuous_aggregate_policy", "buckets_per_batch"),
)
REFRESH_ORDER: Final = ServerFeature(
    "Refresh policies with refresh_newest_first",
    "2.20",
    _argument("add_continuous_aggregate_policy", "refresh_newest_first"),
)
JOB_NAMES: Final = ServerFeature(
    "Jobs with a name", "2.20", _argument("add_job", "job_name")
)
SPARSE_INDEXES: Final = ServerFeature(
    "Sparse indexes that are chosen",
    "2.22",
    _column("_timescaledb_catalog.compression_settings", "index"),
)
COMPOSITE_BLOOM: Final = ServerFeature(
    "Sparse indexes of several columns",
    "2.26",
    "current_setting('timescaledb.enable_composite_bloom_indexes', true) IS NOT NULL",
)
FIRST_LAST: Final = ServerFeature(
    "Sparse indexes of first and last values",
    "2.28",
    "EXISTS (SELECT FROM pg_proc WHERE proname = 'rebuild_sparse_index')",
)
AGGREGATE_COLUMNS: Final = ServerFeature(
    "Columns that are added to a continuous aggregate in place",
    "2.28",
    _column("_timescaledb_catalog.continuous_agg", "schema_change_timestamp"),
)

FEATURES: Final = (
    BATCHED_REFRESH,
    REFRESH_ORDER,
    JOB_NAMES,
    SPARSE_INDEXES,
    COMPOSITE_BLOOM,
    FIRST_LAST,
    AGGREGATE_COLUMNS,
)
"""All of them, by release."""


def require(operations: Operations, feature: ServerFeature) -> None:
    """Fail in words where the server lacks what an operation needs.

    A script of ``--sql`` mode knows of no server and is written in any case.

    Args:
        operations: Alembic's operations.
        feature: What it needs.

    Raises:
        CommandError: The server lacks it.
    """
    context = operations.migration_context
    if context.as_sql or context.opts.get("timescaledb_absent"):
        return
    refuse_where_missing(operations.get_bind(), feature)


def refuse_where_missing(connection: Connection, feature: ServerFeature) -> None:
    """Fail in words where a server lacks something.

    Args:
        connection: A connection to the server.
        feature: What is needed.

    Raises:
        CommandError: The server lacks it.
    """
    if not feature.is_in(connection):
        version = connection.scalar(
            text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
        )
        raise CommandError(
            f"{feature.what} came with TimescaleDB {feature.since}; this server has "
            f"{version}: update it, or leave them out of the models"
        )
