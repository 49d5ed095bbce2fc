"""Dumps of the databases, and the proof that they can be restored."""
