"""Where Alembic starts; the work is in `runtime`."""

from typing import TYPE_CHECKING, cast

from alembic import context

from dataforeman_schema.signals import end_on_signals

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

# Of Alembic's own command this is the first line that is ours.
if context.config.cmd_opts is not None and not context.config.cmd_opts.raiseerr:
    end_on_signals(
        lambda _code: "FAILED: interrupted; what was not finished is rolled back"
    )

from dataforeman_schema.alembic_env import runtime  # which takes a while

# The module only stands for the environment; a configured context leads to it.
context.configure(dialect_name="postgresql")
runtime.run(cast("EnvironmentContext", context.get_context().environment_context))
