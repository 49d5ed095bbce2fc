"""Where Alembic starts; the work is in `runtime`."""

from typing import TYPE_CHECKING, cast

from alembic import context

from dataforeman_schema.alembic_env import runtime

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

# The module only stands for the environment; a configured context leads to it.
context.configure(dialect_name="postgresql")
runtime.run(cast("EnvironmentContext", context.get_context().environment_context))
