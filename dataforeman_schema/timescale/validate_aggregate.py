"""Checks of continuous aggregate declarations, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .aggregate_chunk_interval import check_chunk_interval
from .aggregate_index import check_indexes
from .columnstore import Columnstore
from .columnstore_policy import ColumnstorePolicy
from .declaration import Absent, refuse_none
from .errors import DeclarationError
from .interval import Span, nominal, untuned
from .refresh_policy import RefreshPolicy
from .retention import RetentionPolicy
from .validate import check_positive
from .validate_columnstore import check_settings
from .validate_columnstore_options import check_aggregate_options

if TYPE_CHECKING:
    from .aggregate import ContinuousAggregate


def check_aggregate(declared: ContinuousAggregate) -> None:
    """Refuse a continuous aggregate that TimescaleDB could not make.

    Args:
        declared: The declaration.

    Raises:
        DeclarationError: It could not; the message says why.
    """
    name = declared.name
    refuse_none(
        name,
        refresh=declared.refresh,
        columnstore=declared.columnstore,
        retention=declared.retention,
        indexes=declared.indexes,
    )
    if not declared.sources:
        raise DeclarationError(
            f"continuous aggregate {name} reads no table; of a text(), say it with "
            "reads=[table(…)]"
        )
    if "time_bucket(" not in declared.definition:
        raise DeclarationError(
            f"continuous aggregate {name} is not grouped by a time_bucket of the time "
            "column"
        )
    check_chunk_interval(declared)
    check_indexes(declared)
    for policy in declared.refresh_policies:
        _check_refresh(name, policy)
    if not declared.refresh_policies and declared.refresh == ():
        raise DeclarationError(f"{name}: say Absent(RefreshPolicy), not ()")
    if isinstance(declared.columnstore, Columnstore):
        check_settings(name, declared.columnstore, None)
        check_aggregate_options(name, declared.columnstore)
        moves = isinstance(declared.columnstore.policy, ColumnstorePolicy)
        if moves and isinstance(declared.get(RefreshPolicy), Absent):
            raise DeclarationError(
                f"{name}: the policy Columnstore(after=…) needs a refresh policy"
            )
    if isinstance(declared.retention, RetentionPolicy):
        declared.retention.check_ages(name)
        check_positive(name, "drop_after", declared.retention.drop_after)


def _check_refresh(name: str, policy: RefreshPolicy) -> None:
    check_positive(name, "schedule_interval", policy.schedule_interval)
    policy.check_options(name)
    if policy.start_offset is None or policy.end_offset is None:
        return
    start, end = untuned(policy.start_offset), untuned(policy.end_offset)
    if isinstance(start, int) != isinstance(end, int):
        raise DeclarationError(
            f"{name}: start_offset {start!r} and end_offset {end!r} are of two kinds"
        )
    if not _is_longer(start, end):
        raise DeclarationError(
            f"{name}: the refresh window is empty: start_offset {start!r} must reach "
            f"further back than end_offset {end!r}"
        )


def _is_longer(one: Span, other: Span) -> bool:
    return nominal(one) > nominal(other)  # type: ignore[operator]
