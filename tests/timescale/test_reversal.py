"""Operations that only one direction of a revision carries out."""

from __future__ import annotations

from datetime import timedelta

from alembic.autogenerate import render_python_code
from alembic.operations import MigrateOperation, ops

from dataforeman_schema.timescale import RetentionPolicy
from dataforeman_schema.timescale.operation import DowngradeOnly, UpgradeOnly
from dataforeman_schema.timescale.retention_op import AddRetentionPolicyOp

DAY = timedelta(days=1)


def rendered(operation: MigrateOperation) -> str:
    """What a revision that holds an operation does."""
    return render_python_code(ops.UpgradeOps([operation]))


def test_a_reverse_of_a_reverse_is_the_operation() -> None:
    """What one direction does stays with it, however often it is turned around."""
    addition = AddRetentionPolicyOp("r", RetentionPolicy(DAY))
    forwards: MigrateOperation = UpgradeOnly(addition)
    backwards: MigrateOperation = DowngradeOnly(addition)
    for _ in range(2):
        assert "op.add_retention_policy(" in rendered(forwards)
        assert "op.remove_retention_policy(" in rendered(backwards.reverse())
        for nothing in (forwards.reverse(), backwards):
            assert "op." not in rendered(nothing)
        forwards, backwards = (it.reverse().reverse() for it in (forwards, backwards))
