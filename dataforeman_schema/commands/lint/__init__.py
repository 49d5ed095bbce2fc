"""`dataforeman-schema lint`: what unreleased revisions cost, before they are released.

Revisions are run as `--sql` runs them, with every operation and statement recorded.
Squawk reads the statements, and rules of our own the operations.
"""
