"""The operations of jobs that run somebody's own procedures."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Unpack, cast

from alembic.autogenerate import renderers
from alembic.operations import Operations

from .job_state import JobAlteration, JobSettings, JobState
from .job_statement import AlterJob
from .operation import (
    AlterOp,
    FeatureOp,
    execute,
    placed,
    register_pair,
    render_alter,
    require,
)
from .releases import JOB_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXISTING = "existing_"


@Operations.register_operation("add_job")
class AddJobOp(FeatureOp[JobState]):
    """Have a procedure run again and again."""

    verb = "add"

    @classmethod
    def add_job(
        cls,
        operations: Operations,
        procedure: str,
        *,
        schema: str | None = None,
        **settings: Unpack[JobSettings],
    ) -> None:
        """Have a procedure run again and again.

        What it does to data is its own business. The reverse ends that; it undoes
        nothing that the procedure did.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            procedure: The name of a procedure or function that takes the job's number
                and its configuration.
            schema: The procedure's schema, or None for the first of the search path.
            settings: The settings of `Job`, of which ``schedule_interval`` must be
                given; those that are left out are the server's choice.
        """
        state = JobState(**settings)
        operations.invoke(cls(procedure, state, schema=schema))


@Operations.register_operation("remove_job")
class RemoveJobOp(FeatureOp[JobState]):
    """No longer have a procedure run."""

    verb = "remove"

    @classmethod
    def remove_job(
        cls,
        operations: Operations,
        procedure: str,
        *,
        schema: str | None = None,
        **settings: Unpack[JobSettings],
    ) -> None:
        """No longer have a procedure run.

        The job is the one of that procedure with the given name, and without one if
        none is given; of several, the one with the given configuration. It fails where
        there is none, or none of several has that configuration.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            procedure: The procedure's name.
            schema: The procedure's schema, or None for the first of the search path.
            settings: What else is set of the job, for the reverse.
        """
        state = JobState(**settings)
        operations.invoke(cls(procedure, state, schema=schema))


@Operations.register_operation("alter_job")
class AlterJobOp(AlterOp[JobState]):
    """Change what is set of a job."""

    @classmethod
    def alter_job(
        cls,
        operations: Operations,
        procedure: str,
        *,
        schema: str | None = None,
        **settings: Unpack[JobAlteration],
    ) -> None:
        """Change what is set of a job, in place.

        The job is found as ``op.remove_job`` finds it, by ``existing_name`` and
        ``existing_config``. What is given neither as it is nor as it was stays: also
        the time zone, which TimescaleDB's own function forgets.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            procedure: The procedure's name.
            schema: The procedure's schema, or None for the first of the search path.
            settings: The settings of `Job` that change, and what they were, each after
                ``existing_``, for the reverse.
        """
        given = cast("Mapping[str, Any]", settings)
        old = {name for name in given if name.startswith(_EXISTING)}
        state = JobState(**{name: given[name] for name in given.keys() - old})
        existing = {name.removeprefix(_EXISTING): given[name] for name in old}
        operation = cls(procedure, state, JobState(**existing), schema=schema)
        operations.invoke(operation)


def _add(operations: Operations, op: AddJobOp) -> None:
    _require_names(operations, op.feature)
    place = partial(placed, operations)
    state = op.feature.placed(place)
    execute(operations, state.addition(op.relation, place(op.schema)))


@Operations.implementation_for(AlterJobOp)
def _alter(operations: Operations, op: AlterJobOp) -> None:
    _require_names(operations, op.feature)
    place = partial(placed, operations)
    states = (op.existing.placed(place), op.feature.placed(place))
    execute(operations, [AlterJob(op.relation, place(op.schema), *states)])


def _require_names(operations: Operations, state: JobState) -> None:
    if state.name is not None:
        require(operations, JOB_NAMES)


register_pair(AddJobOp, RemoveJobOp, give=_add)
renderers.dispatch_for(AlterJobOp)(render_alter)
