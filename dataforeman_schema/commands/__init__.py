"""What the verbs of the dataforeman-schema command do."""

from dataforeman_schema.commands.lean import import_driver

import_driver()  # before the modules here do it in its usual way
