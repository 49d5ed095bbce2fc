"""What an upgrade would run on the databases as they are, and what that costs."""

from dataforeman_schema.commands.plan.run import plan_upgrade
from dataforeman_schema.commands.plan.show import show
from dataforeman_schema.commands.plan.state import DatabasePlan

__all__ = ["DatabasePlan", "plan_upgrade", "show"]
