"""A real PostgreSQL and a real TimescaleDB that start with nothing but Python.

For development and tests: `python -m dataforeman_schema.embedded up` starts the
pair of a checkout and `down` stops it; `EmbeddedPostgres` and `EmbeddedTimescale`
start servers of one's own. They listen on unix sockets only, keep their data between
runs, and outlive the process that started them.
"""

from dataforeman_schema.embedded.errors import EmbeddedServerError
from dataforeman_schema.embedded.pair import EmbeddedPair
from dataforeman_schema.embedded.postgres import EmbeddedPostgres
from dataforeman_schema.embedded.server import EmbeddedServer
from dataforeman_schema.embedded.throwaway import throwaway_folder
from dataforeman_schema.embedded.timescale import EmbeddedTimescale

__all__ = [
    "EmbeddedPair",
    "EmbeddedPostgres",
    "EmbeddedServer",
    "EmbeddedServerError",
    "EmbeddedTimescale",
    "throwaway_folder",
]
