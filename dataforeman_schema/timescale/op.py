"""``alembic.op`` with the types of TimescaleDB's operations, for revisions.

    from dataforeman_schema.timescale import op

    def upgrade() -> None:
        op.create_hypertable("readings", "ts", chunk_interval=timedelta(days=1))

Alembic's own ``op`` has these operations as well, once this module or the plugin is
imported, but type checkers know only those that Alembic comes with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Concatenate, ParamSpec

from alembic import op as _alembic_op

from .aggregate_columns import AddAggregateColumnsOp
from .aggregate_index_op import CreateAggregateIndexOp, DropAggregateIndexOp
from .aggregate_pause import ResumeContinuousAggregateOp, SuspendContinuousAggregateOp
from .aggregate_view_op import (
    AlterContinuousAggregateOp,
    CreateContinuousAggregateOp,
    DropContinuousAggregateOp,
)
from .chunk_interval_op import SetChunkIntervalOp
from .chunk_skipping_op import DisableChunkSkippingOp, EnableChunkSkippingOp
from .columnstore_op import (
    AlterColumnstoreOp,
    DisableColumnstoreOp,
    EnableColumnstoreOp,
)
from .columnstore_pause import ResumeColumnstoreOp, SuspendColumnstoreOp
from .columnstore_policy_op import (
    AddColumnstorePolicyOp,
    AlterColumnstorePolicyOp,
    RemoveColumnstorePolicyOp,
)
from .dimension import AddDimensionOp, AlterDimensionOp, DropDimensionOp
from .extension import CreateTimescaledbExtensionOp, DropTimescaledbExtensionOp
from .hypertable_index import CreateHypertableIndexOp
from .hypertable_op import CreateHypertableOp, DropHypertableOp
from .identity_column import AddIdentityColumnOp
from .integer_now_op import SetIntegerNowOp
from .job_operations import AddJobOp, AlterJobOp, RemoveJobOp
from .refresh import RefreshContinuousAggregateOp
from .refresh_policy_op import (
    AddRefreshPolicyOp,
    AlterRefreshPolicyOp,
    RemoveRefreshPolicyOp,
)
from .reorder_op import AddReorderPolicyOp, AlterReorderPolicyOp, RemoveReorderPolicyOp
from .retention_op import (
    AddRetentionPolicyOp,
    AlterRetentionPolicyOp,
    RemoveRetentionPolicyOp,
)
from .rowstore import ConvertToRowstoreOp
from .tablespaces_op import AttachTablespacesOp, DetachTablespacesOp

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.op import *  # noqa: F403 - all that Alembic comes with
    from alembic.operations import Operations

else:

    def __getattr__(name: str) -> object:
        # Asked each time, for other packages register operations at any time.
        return getattr(_alembic_op, name)


_P = ParamSpec("_P")


def _typed(method: Callable[Concatenate[Operations, _P], None]) -> Callable[_P, None]:
    """Return the function of ``alembic.op`` that an operation is registered as."""
    function: Callable[_P, None] = getattr(_alembic_op, method.__name__)
    return function


create_aggregate_index = _typed(CreateAggregateIndexOp.create_aggregate_index)
drop_aggregate_index = _typed(DropAggregateIndexOp.drop_aggregate_index)
create_continuous_aggregate = _typed(
    CreateContinuousAggregateOp.create_continuous_aggregate
)
drop_continuous_aggregate = _typed(DropContinuousAggregateOp.drop_continuous_aggregate)
alter_continuous_aggregate = _typed(
    AlterContinuousAggregateOp.alter_continuous_aggregate
)
suspend_continuous_aggregate = _typed(
    SuspendContinuousAggregateOp.suspend_continuous_aggregate
)
resume_continuous_aggregate = _typed(
    ResumeContinuousAggregateOp.resume_continuous_aggregate
)
add_aggregate_columns = _typed(AddAggregateColumnsOp.add_aggregate_columns)
set_chunk_interval = _typed(SetChunkIntervalOp.set_chunk_interval)
enable_columnstore = _typed(EnableColumnstoreOp.enable_columnstore)
disable_columnstore = _typed(DisableColumnstoreOp.disable_columnstore)
alter_columnstore = _typed(AlterColumnstoreOp.alter_columnstore)
suspend_columnstore = _typed(SuspendColumnstoreOp.suspend_columnstore)
resume_columnstore = _typed(ResumeColumnstoreOp.resume_columnstore)
add_columnstore_policy = _typed(AddColumnstorePolicyOp.add_columnstore_policy)
remove_columnstore_policy = _typed(RemoveColumnstorePolicyOp.remove_columnstore_policy)
alter_columnstore_policy = _typed(AlterColumnstorePolicyOp.alter_columnstore_policy)
add_dimension = _typed(AddDimensionOp.add_dimension)
drop_dimension = _typed(DropDimensionOp.drop_dimension)
alter_dimension = _typed(AlterDimensionOp.alter_dimension)
create_timescaledb_extension = _typed(
    CreateTimescaledbExtensionOp.create_timescaledb_extension
)
drop_timescaledb_extension = _typed(
    DropTimescaledbExtensionOp.drop_timescaledb_extension
)
create_hypertable = _typed(CreateHypertableOp.create_hypertable)
drop_hypertable = _typed(DropHypertableOp.drop_hypertable)
create_hypertable_index = _typed(CreateHypertableIndexOp.create_hypertable_index)
add_identity_column = _typed(AddIdentityColumnOp.add_identity_column)
set_integer_now = _typed(SetIntegerNowOp.set_integer_now)
refresh_continuous_aggregate = _typed(
    RefreshContinuousAggregateOp.refresh_continuous_aggregate
)
add_refresh_policy = _typed(AddRefreshPolicyOp.add_refresh_policy)
remove_refresh_policy = _typed(RemoveRefreshPolicyOp.remove_refresh_policy)
alter_refresh_policy = _typed(AlterRefreshPolicyOp.alter_refresh_policy)
add_reorder_policy = _typed(AddReorderPolicyOp.add_reorder_policy)
remove_reorder_policy = _typed(RemoveReorderPolicyOp.remove_reorder_policy)
alter_reorder_policy = _typed(AlterReorderPolicyOp.alter_reorder_policy)
add_retention_policy = _typed(AddRetentionPolicyOp.add_retention_policy)
remove_retention_policy = _typed(RemoveRetentionPolicyOp.remove_retention_policy)
alter_retention_policy = _typed(AlterRetentionPolicyOp.alter_retention_policy)
convert_to_rowstore = _typed(ConvertToRowstoreOp.convert_to_rowstore)
enable_chunk_skipping = _typed(EnableChunkSkippingOp.enable_chunk_skipping)
disable_chunk_skipping = _typed(DisableChunkSkippingOp.disable_chunk_skipping)
attach_tablespaces = _typed(AttachTablespacesOp.attach_tablespaces)
detach_tablespaces = _typed(DetachTablespacesOp.detach_tablespaces)
add_job = _typed(AddJobOp.add_job)
remove_job = _typed(RemoveJobOp.remove_job)
alter_job = _typed(AlterJobOp.alter_job)
