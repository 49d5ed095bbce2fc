"""Where Alembic starts; the work is in `runtime`."""

from alembic import context

from dataforeman_schema.alembic_env import runtime

runtime.run(context)
