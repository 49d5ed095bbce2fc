"""Objects that are not ours, beside, on and around those that are."""

from __future__ import annotations

from typing import NamedTuple

from dataforeman_schema.databases import META, TSDB, Database


class Kind(NamedTuple):
    """A kind of foreign object; `{n}` is its number.

    Attributes:
        name: What it is.
        database: Where it can be.
        needs: The table of ours that it needs; None: none.
        create: Makes it.
        drop: Takes it away, if it is there.
    """

    name: str
    database: Database
    needs: str | None
    create: str
    drop: str


_TABLE = "DROP TABLE IF EXISTS plant_{n}"
_ROWS = "INSERT INTO plant_{n} SELECT i, 'ours' FROM generate_series(1, 7) AS i"
_SCHEMA = (
    "CREATE SCHEMA plant_{n}; CREATE TABLE plant_{n}.things (id int, note text); "
    "INSERT INTO plant_{n}.things VALUES (1, 'a'), (2, 'b')"
)
_FUNCTION = (
    "CREATE FUNCTION plant_{n}() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NEW; END'"
)
_DROP_FUNCTION = "DROP FUNCTION IF EXISTS plant_{n}() CASCADE"
_REFERRING = (
    "CREATE TABLE plant_{{n}} (id serial, one {type} CONSTRAINT plant_{{n}}_one"
    " REFERENCES {table} {action}); INSERT INTO plant_{{n}} (one)"
    " SELECT {column} FROM {table} ORDER BY 1 LIMIT 9"
)


def _refers(table: str, column: str, type_: str, action: str) -> Kind:
    create = _REFERRING.format(table=table, column=column, type=type_, action=action)
    return Kind(f"table that refers to {table}", META, table, create, _TABLE)


KINDS = (
    *(
        Kind(*each)
        for database in (META, TSDB)
        for each in (
            (
                "table",
                database,
                None,
                "CREATE TABLE plant_{n} (id int PRIMARY KEY, note text); " + _ROWS,
                _TABLE,
            ),
            (
                "schema",
                database,
                None,
                _SCHEMA,
                "DROP SCHEMA IF EXISTS plant_{n} CASCADE",
            ),
        )
    ),
    _refers("poll_groups", "group_id", "int", "ON DELETE CASCADE"),
    _refers("units_of_measure", "id", "int", "ON DELETE SET NULL"),
    _refers("roles", "id", "int", "ON DELETE CASCADE"),
    _refers("users", "id", "uuid", ""),
    Kind(
        "view of connections",
        META,
        "connections",
        "CREATE VIEW plant_{n} AS SELECT name, enabled FROM connections",
        "DROP VIEW IF EXISTS plant_{n}",
    ),
    Kind(
        "materialized view of tags",
        META,
        "tag_metadata",
        "CREATE MATERIALIZED VIEW plant_{n} AS SELECT count(*) AS tags"
        " FROM tag_metadata",
        "DROP MATERIALIZED VIEW IF EXISTS plant_{n}",
    ),
    Kind(
        "index of audit_events",
        META,
        "audit_events",
        "CREATE INDEX plant_{n} ON audit_events (outcome, action)",
        "DROP INDEX IF EXISTS plant_{n}",
    ),
    Kind(
        "trigger of dashboard_configs",
        META,
        "dashboard_configs",
        f"{_FUNCTION}; CREATE TRIGGER plant_{{n}} BEFORE UPDATE ON dashboard_configs"
        " FOR EACH ROW EXECUTE FUNCTION plant_{n}()",
        _DROP_FUNCTION,
    ),
    Kind(
        "view of readings",
        TSDB,
        "tag_values",
        "CREATE VIEW plant_{n} AS SELECT tag_id, max(ts) AS last FROM tag_values"
        " GROUP BY tag_id",
        "DROP VIEW IF EXISTS plant_{n}",
    ),
    Kind(
        "aggregate of readings",
        TSDB,
        "tag_values",
        "CREATE MATERIALIZED VIEW plant_{n} WITH (timescaledb.continuous) AS"
        " SELECT tag_id, time_bucket('1 hour', ts) AS hour, avg(v_num) AS mean"
        " FROM tag_values GROUP BY 1, 2 WITH NO DATA",
        "DROP MATERIALIZED VIEW IF EXISTS plant_{n}",
    ),
    Kind(
        "index of readings",
        TSDB,
        "tag_values",
        "CREATE INDEX plant_{n} ON tag_values (quality, ts)",
        "DROP INDEX IF EXISTS plant_{n}",
    ),
    Kind(
        "trigger of readings",
        TSDB,
        "tag_values",
        f"{_FUNCTION}; CREATE TRIGGER plant_{{n}} BEFORE UPDATE ON tag_values"
        " FOR EACH ROW EXECUTE FUNCTION plant_{n}()",
        _DROP_FUNCTION,
    ),
    Kind(
        "hypertable",
        TSDB,
        "tag_values",  # then the extension is there
        "CREATE TABLE plant_{n} (ts timestamptz NOT NULL, level float);"
        " SELECT create_hypertable('plant_{n}', 'ts');"
        " INSERT INTO plant_{n} SELECT now() - i * INTERVAL '3 days', i"
        " FROM generate_series(1, 9) AS i",
        _TABLE,
    ),
)
