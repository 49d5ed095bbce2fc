"""What a database of an installation is, and what it is expected to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import NullPool, text

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.databases import META, Database
from dataforeman_schema.engine import create_engine
from tests.installations import FOLDER, FORMS
from tests.meta.rows import CATALOG
from tests.table_catalog import catalog as read_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dataforeman_schema.settings import ConnectionSettings

Catalog = dict[str, dict[str, Any]]
"""For each kind ("tables", "functions", …) the objects by name."""

_COMMENTS = text(
    "SELECT CAST(relname AS text), obj_description(oid, 'pg_class') FROM pg_class"
    " WHERE relnamespace = CAST('public' AS regnamespace) AND relkind = 'r'"
)
_BODIES = text(
    "SELECT CAST(proname AS text), btrim(prosrc, E'\n') FROM pg_proc"
    " WHERE format('%s()', proname) = ANY(:signatures)"
)
_HYPERTABLES = text(
    """
    SELECT CAST(hypertable_name AS text), jsonb_build_object(
        'column', column_name, 'chunk_interval', CAST(time_interval AS text),
        'columnstore', compression_enabled, 'segmentby', segmentby, 'orderby', orderby)
    FROM timescaledb_information.hypertables
    JOIN timescaledb_information.dimensions USING (hypertable_schema, hypertable_name)
    LEFT JOIN timescaledb_information.hypertable_compression_settings
        ON hypertable = CAST(hypertable_name AS regclass)
    """
)
_JOBS = text(
    """
    SELECT format('%s of %s', proc_name, hypertable_name), jsonb_build_object(
        'every', CAST(schedule_interval AS text), 'config', config - 'hypertable_id')
    FROM timescaledb_information.jobs WHERE hypertable_name IS NOT NULL
    """
)


def expected(form: str, database: Database) -> Catalog:
    """Put together what a database is like from what each form changed in it.

    A later form's file names what it added, what it made otherwise, and as null what
    it does not have. The first one has the tables of metadata-catalog.json beside.
    """
    catalog: Catalog = {"tables": dict(CATALOG)} if database is META else {}
    for earlier in FORMS[: FORMS.index(form) + 1]:
        path = FOLDER / earlier / "catalog.json"
        changes: Catalog = json.loads(path.read_text("utf-8"))[database.name]
        for kind, objects in changes.items():
            catalog[kind] = _changed(catalog.get(kind, {}), objects)
    catalog["tables"] = {
        name: {"constraints": {}, "indexes": {}, "triggers": {}, **table}
        for name, table in catalog["tables"].items()
    }
    return {kind: objects for kind, objects in catalog.items() if objects}


def read(settings: ConnectionSettings) -> Catalog:
    """Read what a database is like; what extensions own is left out."""
    engine = create_engine(settings, poolclass=NullPool)
    tables = read_tables(engine)
    with engine.connect() as connection:
        _add_comments(connection, tables)
        catalog = {
            "tables": tables,
            "migrations": _migrations(connection, tables),
            **_loose_objects(connection),
            **_timescaledb(connection),
        }
    return {kind: objects for kind, objects in catalog.items() if objects}


def column_order(catalog: Catalog) -> dict[str, list[str]]:
    """List the columns of each table in their order."""
    return {name: list(table["columns"]) for name, table in catalog["tables"].items()}


def _changed(earlier: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = earlier | changes
    return {name: value for name, value in merged.items() if value is not None}


def _add_comments(connection: Connection, tables: dict[str, Any]) -> None:
    for name, comment in connection.execute(_COMMENTS).all():
        if comment is not None and name in tables:
            tables[name]["comment"] = comment


def _migrations(connection: Connection, tables: dict[str, Any]) -> dict[str, Any]:
    """List the names that each record of node-pg-migrate has, in their order."""
    return {
        name: connection.scalars(text(f"SELECT name FROM {name} ORDER BY id")).all()  # noqa: S608
        for name in tables
        if name.startswith("pgmigrations")
    }


def _loose_objects(connection: Connection) -> Catalog:
    found = snapshot(connection)
    signatures = {"signatures": list(found["functions"])}
    return {
        "functions": dict(connection.execute(_BODIES, signatures).all()),
        "sequences": {
            name: f"{sequence['table']}.{sequence['column']}"
            for name, sequence in found["sequences"].items()
        },
        "views": found["views"],
        "types": found["types"],
    }


def _timescaledb(connection: Connection) -> Catalog:
    has_hypertables = "SELECT to_regclass('timescaledb_information.jobs') IS NOT NULL"
    if not connection.scalar(text(has_hypertables)):
        return {}
    return {
        "hypertables": dict(connection.execute(_HYPERTABLES).all()),
        "jobs": dict(connection.execute(_JOBS).all()),
    }
