"""All operations with their comparators; importing this module registers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import (
    aggregate_chunk_interval_op,
    aggregate_columns,  # noqa: F401 - it registers operations, as those below
    aggregate_index_op,
    aggregate_pause,  # noqa: F401
    aggregate_view_op,  # noqa: F401
    chunk_skipping_op,
    compare_columnstore,
    dimension,  # noqa: F401
    extension,  # noqa: F401
    hypertable_index,  # noqa: F401
    hypertable_op,  # noqa: F401
    identity_column,  # noqa: F401
    integer_now_op,
    job_operations,  # noqa: F401
    refresh,  # noqa: F401
    refresh_policy_op,
    reorder_op,
    retention_op,
    tablespaces_op,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .feature import Feature

_FEATURES: Final = (
    aggregate_chunk_interval_op.FEATURE,
    aggregate_index_op.FEATURE,
    integer_now_op.FEATURE,
    compare_columnstore.FEATURE,
    refresh_policy_op.FEATURE,
    retention_op.FEATURE,
    chunk_skipping_op.FEATURE,
    reorder_op.FEATURE,
    tablespaces_op.FEATURE,
)


def features_of(*, aggregates: bool) -> Iterator[Feature]:
    """List the features of continuous aggregates, or those of hypertables."""
    for feature in _FEATURES:
        if feature.of_aggregates if aggregates else feature.of_tables:
            yield feature
