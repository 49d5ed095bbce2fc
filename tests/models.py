"""The models of the metadata database, for tests that declare more."""

from __future__ import annotations

from sqlalchemy import MetaData

from dataforeman_schema.base import NAMING_CONVENTION
from dataforeman_schema.databases import META
from dataforeman_schema.meta.triggers import attach


def copied_models() -> MetaData:
    """Copy the tables and triggers, so that nothing is left of what is added."""
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    for table in META.metadata().sorted_tables:
        table.to_metadata(metadata)
    attach(metadata)
    return metadata
