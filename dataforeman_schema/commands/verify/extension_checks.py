"""Is the timescaledb extension there? Without it create_hypertable does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.extension_state import is_too_old, read_offered
from dataforeman_schema.catalog.definitions import literal
from dataforeman_schema.commands.findings import UPGRADE, Check, Finding, shell
from dataforeman_schema.databases import MINIMUM_TIMESCALEDB
from dataforeman_schema.settings import timescaledb_is_optional

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.context import VerifyContext

_WHERE: Final = "extension timescaledb"
_LIBRARIES: Final = """
SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
  THEN array_remove(regexp_split_to_array(
    current_setting('shared_preload_libraries'), '[ ",]+'), '')
  ELSE '{}' END
"""
_SERVER: Final = shell("docker compose up --wait tsdb")


def check_preloaded(context: VerifyContext) -> Iterator[Finding]:
    """Find that the server has the extension and did not load it at its start."""
    if not context.database.needs_timescaledb:
        return
    offered = read_offered(context.connection)
    stays_plain = offered.is_absent and timescaledb_is_optional()
    if offered.needs_preload and not stays_plain:
        yield Finding(
            Check.EXTENSION,
            _WHERE,
            "it is not among the libraries that the server loads at its start; a "
            "superuser runs the remedy, and restarts the server",
            "every session that uses TimescaleDB is ended: the ingestor cannot write, "
            "and migrations fail",
            _preload(context),
        )


def _preload(context: VerifyContext) -> str:
    """Write what adds the extension to the libraries, as far as they can be read."""
    [(others,)] = context.rows(_LIBRARIES)
    return (
        "ALTER SYSTEM SET shared_preload_libraries = "
        f"{', '.join(map(literal, [*others, 'timescaledb']))};"
    )


def check_extension(context: VerifyContext) -> Iterator[Finding]:
    """Find that the extension is missing or too old."""
    if not context.database.needs_timescaledb:
        return
    extension = context.extension
    installed, available = extension.installed, extension.available
    if extension.is_absent and timescaledb_is_optional():
        return
    if available is None or is_too_old(available):
        yield _unsuitable_server(context, available)
    elif installed is None:
        if context.recorded:  # the first revision creates it
            yield _not_created(available)
    elif is_too_old(installed):
        yield _old(installed)


def _unsuitable_server(context: VerifyContext, available: str | None) -> Finding:
    names = context.database.variables
    has = f"the server has {available}, older than {MINIMUM_TIMESCALEDB}"
    lacks = "the server does not have it, so function create_hypertable does not exist"
    return Finding(
        Check.EXTENSION,
        _WHERE,
        f"{has if available else lacks}; the remedy starts a server that has it, for "
        f"{names.single('HOST', 'PORT')} to lead to; or install TimescaleDB "
        f"{MINIMUM_TIMESCALEDB} or later on this one",
        "the migration of the telemetry database fails: the ingestor cannot write",
        _SERVER,
    )


def _not_created(available: str) -> Finding:
    return Finding(
        Check.EXTENSION,
        _WHERE,
        "it is not in this database, so function create_hypertable does not exist; "
        f"the server has {available}; the remedy creates it and moves all rows into "
        "chunks, and nobody can use the tables meanwhile",
        "readings are not kept in chunks: the ingestor slows down as they grow",
        UPGRADE,
    )


def _old(installed: str) -> Finding:
    return Finding(
        Check.EXTENSION,
        _WHERE,
        f"it is {installed}, older than {MINIMUM_TIMESCALEDB}; the server has a "
        "newer one",
        "migrations refuse it, and with them the core service does not start",
        "ALTER EXTENSION timescaledb UPDATE;",
    )
