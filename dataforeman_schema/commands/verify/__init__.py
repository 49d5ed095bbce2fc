"""Verifying both databases: one file per check, each finding with its remedy."""

from dataforeman_schema.commands.findings import Finding
from dataforeman_schema.commands.verify.run import Verdict, verify, verify_database
from dataforeman_schema.commands.verify.show import show

__all__ = ["Finding", "Verdict", "show", "verify", "verify_database"]
