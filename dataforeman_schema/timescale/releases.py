"""What only some releases of TimescaleDB have, and how a server is asked for it.

A server is never asked for its version: builds differ, and so do the patches of
distributions. The release is for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from .errors import DeclarationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

MINIMUM_VERSION: Final = "2.18"
"""The oldest TimescaleDB whose vocabulary the operations use."""


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


def refuse_where_missing(connection: Connection, feature: ServerFeature) -> None:
    """Fail in words where a server lacks something.

    Args:
        connection: A connection to the server.
        feature: What is needed.

    Raises:
        DeclarationError: The server lacks it.
    """
    if not feature.is_in(connection):
        version = connection.scalar(
            text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
        )
        raise DeclarationError(
            f"{feature.what} came with TimescaleDB {feature.since}; this server has "
            f"{version}: update it, or leave them out of the models"
        )
