"""What the verbs of the dataforeman-schema command do."""
