"""Readings under the indexes that we have, and under others, in one database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import NullPool, text

from dataforeman_schema.engine import create_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings

OURS: Final = "our three indexes"
FOUR: Final = "the four"
INSTALLED: Final = "those of v0.2"
_BY_TIME: Final = "(ts DESC)"
_BY_TAG: Final = "(tag_id, ts DESC)"
_BY_KEY: Final = "(connection_id, tag_id, ts DESC)"
SCHEMES: Final = {
    OURS: ("public", ()),
    FOUR: ("four", (_BY_TIME, _BY_TAG, _BY_KEY)),
    INSTALLED: ("installed", (_BY_TIME, _BY_KEY)),
}
"""The schema of each, and its indexes beside the primary key; ours are migrated.

The four are ours and the one that the primary key serves already, read backwards.
"""

_CREATE: Final = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.tag_values (LIKE public.tag_values INCLUDING DEFAULTS,
  PRIMARY KEY (connection_id, tag_id, ts));
SELECT create_hypertable('{schema}.tag_values', by_range('ts', INTERVAL '1 day'),
  create_default_indexes => false);
ALTER TABLE {schema}.tag_values SET (timescaledb.compress,
  timescaledb.compress_segmentby = 'connection_id, tag_id',
  timescaledb.compress_orderby = 'ts DESC');
"""


def create_schemes(settings: ConnectionSettings) -> None:
    """Make the other tables beside ours, which are at head."""
    with create_engine(settings, poolclass=NullPool).begin() as connection:
        for schema, indexes in SCHEMES.values():
            if schema != "public":
                connection.exec_driver_sql(_CREATE.format(schema=schema))
            for index in indexes:
                table = f"{schema}.tag_values"
                connection.exec_driver_sql(f"CREATE INDEX ON {table} {index}")
        _pause_jobs(connection)


def _pause_jobs(connection: Connection) -> None:
    """Keep policies from working beside what is measured."""
    connection.execute(
        text(
            "SELECT alter_job(job_id, scheduled => false)"
            " FROM timescaledb_information.jobs WHERE job_id >= 1000"
        )
    )


@contextmanager
def connected_to(settings: ConnectionSettings) -> Iterator[Connection]:
    """Provide a connection on which `use` chooses the scheme."""
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        yield connection


def use(connection: Connection, scheme: str) -> None:
    """Let `tag_values` be that of a scheme from now on."""
    schema, _ = SCHEMES[scheme]
    connection.exec_driver_sql(f"SET search_path = {schema}, public")
    connection.commit()


def tidy(settings: ConnectionSettings) -> None:
    """Have the server know all tables by its statistics, and do no such work later."""
    engine = create_engine(settings, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for schema, _ in SCHEMES.values():
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {schema}.tag_values")
        connection.exec_driver_sql("CHECKPOINT")
