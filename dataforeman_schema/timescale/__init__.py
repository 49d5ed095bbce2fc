"""TimescaleDB for SQLAlchemy models and Alembic migrations.

A model declares what its table is, beside its constraints and indexes:

    class Reading(Base):
        __tablename__ = "readings"
        __table_args__ = (
            Hypertable("ts", chunk_interval=timedelta(days=1)),
            Columnstore(segment_by=("device",), order_by=("ts DESC",),
                        after=timedelta(days=7)),
            RetentionPolicy(drop_after=Months(6)),
        )

``create_all()`` makes it, ``alembic revision --autogenerate`` writes the operations for
it, and ``alembic check`` names what differs. What a declaration leaves out is not
managed: never compared, never changed. `Absent` says that there must be none.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from .aggregate import ContinuousAggregate, NoContinuousAggregate
from .aggregate_index import AggregateIndex
from .bucket import time_bucket, time_bucket_gapfill
from .chunk_skipping import ChunkSkipping
from .columnstore import Columnstore
from .columnstore_policy import ColumnstorePolicy
from .declaration import SERVER_DEFAULT, UNMANAGED, Absent, ServerDefault, Unmanaged
from .errors import DeclarationError
from .filters import include_name, include_object
from .functions import approximate_row_count, first, histogram, interpolate, last, locf
from .hypertable import Hypertable
from .integer_now import IntegerNow
from .interval import Interval, Months, Span, Tunable
from .job import Job, NoJob
from .order import OrderBy
from .partitioning import HashDimension
from .refresh_policy import RefreshPolicy
from .releases import MINIMUM_VERSION
from .reorder import ReorderPolicy
from .retention import RetentionPolicy
from .sparse_index import SparseIndex, bloom, firstlast, minmax
from .tablespaces import Tablespaces

if TYPE_CHECKING:
    from .aggregate_fill import fill_aggregates
    from .lost_buckets import BUCKETS_GUARD
    from .plugin import PLUGIN_NAME
    from .refresh import RefreshContinuousAggregateOp

__all__ = [
    "BUCKETS_GUARD",
    "MINIMUM_VERSION",
    "PLUGIN_NAME",
    "SERVER_DEFAULT",
    "UNMANAGED",
    "Absent",
    "AggregateIndex",
    "ChunkSkipping",
    "Columnstore",
    "ColumnstorePolicy",
    "ContinuousAggregate",
    "DeclarationError",
    "HashDimension",
    "Hypertable",
    "IntegerNow",
    "Interval",
    "Job",
    "Months",
    "NoContinuousAggregate",
    "NoJob",
    "OrderBy",
    "RefreshContinuousAggregateOp",
    "RefreshPolicy",
    "ReorderPolicy",
    "RetentionPolicy",
    "ServerDefault",
    "Span",
    "SparseIndex",
    "Tablespaces",
    "Tunable",
    "Unmanaged",
    "approximate_row_count",
    "bloom",
    "fill_aggregates",
    "first",
    "firstlast",
    "histogram",
    "include_name",
    "include_object",
    "interpolate",
    "last",
    "locf",
    "minmax",
    "time_bucket",
    "time_bucket_gapfill",
]

# What environments and revisions use; it takes Alembic along, which models do not need.
_OF_MIGRATIONS: Final = {
    "BUCKETS_GUARD": ".lost_buckets",
    "PLUGIN_NAME": ".plugin",
    "RefreshContinuousAggregateOp": ".refresh",
    "fill_aggregates": ".aggregate_fill",
}

if not TYPE_CHECKING:  # which would take any name for one that is there

    def __getattr__(name: str) -> object:
        """Import what only migrations use when it is asked for."""
        if name in _OF_MIGRATIONS:
            return getattr(import_module(_OF_MIGRATIONS[name], __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
