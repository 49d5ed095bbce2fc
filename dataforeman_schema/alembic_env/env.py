"""Where Alembic starts; the work is in `runtime`."""

from alembic import context

from dataforeman_schema.alembic_env import runtime

runtime.run(context)  # type: ignore[arg-type] # the module stands for the object
