"""What TimescaleDB's operations cost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from alembic.operations import ops

from dataforeman_schema.commands.lint.rule import Hit, Rule
from dataforeman_schema.timescale.aggregate_pause import SuspendContinuousAggregateOp
from dataforeman_schema.timescale.aggregate_view_op import DropContinuousAggregateOp
from dataforeman_schema.timescale.columnstore_op import DisableColumnstoreOp
from dataforeman_schema.timescale.columnstore_pause import SuspendColumnstoreOp
from dataforeman_schema.timescale.hypertable_index import CreateHypertableIndexOp
from dataforeman_schema.timescale.hypertable_op import (
    CreateHypertableOp,
    DropHypertableOp,
)
from dataforeman_schema.timescale.retention_op import (
    AddRetentionPolicyOp,
    AlterRetentionPolicyOp,
)
from dataforeman_schema.timescale.rowstore import ConvertToRowstoreOp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.operations import MigrateOperation

    from dataforeman_schema.commands.lint.rule import Subject
    from dataforeman_schema.timescale.retention import RetentionPolicy


def _calls(
    text: str, *kinds: type[MigrateOperation]
) -> Callable[[Subject], Iterator[Hit]]:
    """Make a check that finds operations of some classes."""

    def check(subject: Subject) -> Iterator[Hit]:
        for line, op in subject.recording.called(*kinds):
            table = relation(op)
            yield Hit(line, text.format(table), table)

    return check


def relation(op: object) -> str | None:
    """Name the relation that an operation works on, if it works on one."""
    keys = ("table_name", "relation", "source_table")
    names = (getattr(op, key, None) for key in keys)
    return next((name for name in names if name), None)


def _check_migrate_data(subject: Subject) -> Iterator[Hit]:
    for line, op in subject.recording.called(CreateHypertableOp):
        if op.migrate_data and op.relation not in subject.created:
            yield Hit(line, f"migrate_data moves {op.relation}", op.relation)


def _check_retention(subject: Subject) -> Iterator[Hit]:
    for line, added in subject.recording.called(AddRetentionPolicyOp):
        what = f"old rows of {added.relation} begin to be deleted"
        yield Hit(line, what, added.relation)
    for line, altered in subject.recording.called(AlterRetentionPolicyOp):
        if not _keeps_as_much(altered.existing, altered.feature):
            what = f"more rows of {altered.relation} are deleted"
            yield Hit(line, what, altered.relation)


def _keeps_as_much(before: RetentionPolicy, after: RetentionPolicy) -> bool:
    old, new = before.drop_after, after.drop_after
    if isinstance(old, timedelta) and isinstance(new, timedelta):
        return new >= old
    # Of months and days nobody knows which is longer.
    return (old, before.drop_created_before) == (new, after.drop_created_before)


def _check_aggregate(subject: Subject) -> Iterator[Hit]:
    kinds = (DropContinuousAggregateOp, SuspendContinuousAggregateOp)
    for line, op in subject.recording.called(*kinds):
        what = f"{op.relation} goes with all it has materialized"
        yield Hit(line, what, op.relation)


def _check_index(subject: Subject) -> Iterator[Hit]:
    for line, op in subject.recording.called(ops.CreateIndexOp):
        by_chunk = isinstance(op, CreateHypertableIndexOp) and not op.unique
        old = op.table_name in subject.hypertables - subject.created
        if old and not by_chunk:
            what = f"the index {op.index_name} is made on {op.table_name} at once"
            yield Hit(line, what, op.table_name)


RULES: Final = (
    Rule(
        "migrate-data",
        "every row is copied under an exclusive lock; services neither read nor write",
        "make an empty hypertable, have services write there, and copy in batches",
        _check_migrate_data,
        size="rows",
    ),
    Rule(
        "disable-columnstore",
        "every chunk is decompressed, which takes many times its size and long locks",
        "alter_columnstore, which holds for chunks that are converted from then on",
        _calls(
            "the columnstore of {} is switched off",
            DisableColumnstoreOp,
            SuspendColumnstoreOp,
        ),
        size="columnstore",
    ),
    Rule(
        "convert-to-rowstore",
        "every chunk that goes by the columns is decompressed",
        "keep the column until retention has dropped those chunks",
        _calls("chunks of {} go back to the rowstore", ConvertToRowstoreOp),
        size="columnstore",
    ),
    Rule(
        "drop-hypertable",
        "every row is copied under an exclusive lock, and all policies go",
        "keep the hypertable; a new table beside it can take what is to change",
        _calls("{} becomes a plain table", DropHypertableOp),
        size="rows",
    ),
    Rule(
        "retention",
        "rows are deleted for good on every installation, with no operator asked",
        "leave it to operators, who add the policy where they want it",
        _check_retention,
    ),
    Rule(
        "aggregate-anew",
        "buckets whose rows are gone are lost, and all others are computed again",
        "make one of another name beside it, and drop this in a later release",
        _check_aggregate,
        size="rows",
    ),
    Rule(
        "hypertable-index",
        "no chunk can be written to until all of them have it",
        "op.create_hypertable_index, which takes each chunk in its own transaction",
        _check_index,
        size="rows",
    ),
)
"""The rules of this family."""
