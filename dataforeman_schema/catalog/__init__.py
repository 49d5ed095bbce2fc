"""A database's own catalog: read, made anew for a moment, and compared.

Nothing here knows of DataForeman. What a schema should be is made by the server itself
in a scratch schema, in a transaction that is rolled back; both sides are read by the
same queries, and what differs becomes operations of Alembic.
"""

import logging

from dataforeman_schema.catalog.scratch import NoScratchSchema, scratch_schema
from dataforeman_schema.catalog.snapshot import Properties, Snapshot, snapshot

__all__ = ["NoScratchSchema", "Properties", "Snapshot", "scratch_schema", "snapshot"]

# Who configures no logging is told nothing, as of any library.
logging.getLogger(__name__).addHandler(logging.NullHandler())
