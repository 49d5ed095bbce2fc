"""What breaks a metadata database's rows and record of revisions, and what is said."""

from __future__ import annotations

from dataforeman_schema.databases import META
from tests.commands.breakage import Breakage
from tests.commands.broken_tables import TAGS
from tests.trees import head, line

ALL = ", ".join(line(META))

ROWS = {
    "unit missing": Breakage(
        "DELETE FROM units_of_measure WHERE name IN ('Bar', 'PSI')",
        ("table units_of_measure", "2 of the rows", "Bar, PSI"),
    ),
    "poll group missing": Breakage(
        "DELETE FROM poll_groups WHERE group_id = 3",
        ("table poll_groups", "1 of the rows", "what to poll"),
    ),
    "System connection missing": Breakage(
        "DELETE FROM connections WHERE is_system_connection",
        ("table tag_metadata", f"{TAGS} of the rows", "cpu_load1"),
    ),
    "history twice": Breakage(
        "INSERT INTO schema_history (revision, direction, duration_ms, checksum,"
        " package_version) SELECT revision, direction, duration_ms, checksum,"
        " package_version FROM schema_history",
        ("table schema_history", f"duplicates: {ALL} ran again"),
    ),
    "history lacks a revision": Breakage(
        "DELETE FROM schema_history WHERE revision = 'meta_001'",
        ("table schema_history", "nothing tells that meta_001 ran"),
    ),
    "history missing": Breakage(
        "DROP TABLE schema_history",
        ("table schema_history", f"nothing tells that {ALL} ran"),
    ),
    "file changed": Breakage(
        "UPDATE schema_history SET checksum = 'other' WHERE revision = 'meta_001'",
        ("revision meta_001", "ran from another file", "001_schema.py"),
    ),
    "history unreadable": Breakage(
        "ALTER TABLE schema_history DROP COLUMN checksum",
        ("table schema_history", "it lacks columns (checksum)"),
    ),
    "history without its key": Breakage(
        "ALTER TABLE schema_history DROP CONSTRAINT schema_history_pkey;"
        "INSERT INTO schema_history SELECT * FROM schema_history",
        ("table schema_history", "its primary key is missing"),
    ),
    "history that may lack values": Breakage(
        "ALTER TABLE schema_history ALTER duration_ms DROP NOT NULL,"
        " ALTER direction DROP NOT NULL, ALTER checksum DROP NOT NULL,"
        " ALTER package_version DROP NOT NULL;"
        "UPDATE schema_history SET duration_ms = NULL, direction = NULL,"
        " checksum = NULL, package_version = NULL",
        ("history | column duration_ms of table schema_history", "may be NULL"),
    ),
    "history of other types": Breakage(
        "ALTER TABLE schema_history ALTER applied_at DROP DEFAULT,"
        " ALTER applied_at TYPE text, ALTER duration_ms TYPE text;"
        "ALTER TABLE schema_history ALTER duration_ms DROP NOT NULL;"
        "UPDATE schema_history SET duration_ms = NULL",
        (
            "history | column applied_at of table schema_history",
            "its type is TEXT, the schema says TIMESTAMP WITH TIME ZONE",
            "its default is none",
        ),
    ),
    "history of values that are no instants": Breakage(
        "ALTER TABLE schema_history ALTER applied_at DROP DEFAULT,"
        " ALTER applied_at TYPE text; UPDATE schema_history SET applied_at = 'x'",
        ("history | table schema_history", "it has values of other types"),
    ),
    "history of numbers for instants": Breakage(
        "ALTER TABLE schema_history ALTER applied_at DROP DEFAULT,"
        " ALTER applied_at TYPE double precision USING extract(epoch FROM applied_at)",
        ("history | table schema_history", "it has values of other types"),
    ),
    "history that knows no time": Breakage(
        "ALTER TABLE schema_history ALTER applied_at DROP DEFAULT",
        ("column applied_at of table schema_history", "says clock_timestamp()"),
    ),
    "history without its key and of other types": Breakage(
        "ALTER TABLE schema_history DROP CONSTRAINT schema_history_pkey,"
        " ALTER applied_at DROP DEFAULT, ALTER applied_at DROP NOT NULL,"
        " ALTER applied_at TYPE text;"
        "INSERT INTO schema_history SELECT * FROM schema_history",
        ("table schema_history", "its primary key is missing"),
    ),
    "record of another type": Breakage(
        "ALTER TABLE alembic_version ALTER version_num TYPE int USING 2",
        ("revision | column version_num of table alembic_version", "type is INTEGER"),
    ),
    "record unreadable": Breakage(
        "ALTER TABLE alembic_version DROP COLUMN version_num",
        ("table alembic_version", "it lacks columns (version_num)"),
    ),
    "record without its key": Breakage(
        "ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc,"
        " ALTER version_num DROP NOT NULL;"
        "UPDATE alembic_version SET version_num = NULL",
        ("table alembic_version", "its primary key is missing"),
    ),
    "record of several revisions": Breakage(
        "INSERT INTO alembic_version VALUES ('meta_001')",
        ("table alembic_version", f"2 revisions (meta_001, {head(META)})"),
    ),
    "record empty": Breakage(
        "DELETE FROM alembic_version",
        ("table alembic_version", "holds no revision", "tables are there"),
    ),
    "record missing": Breakage(
        "DROP TABLE alembic_version, schema_history",
        (
            "table alembic_version",
            "no release of the application that is known",
            "exist already",
        ),
    ),
    "record of an unknown revision": Breakage(
        "UPDATE alembic_version SET version_num = 'meta_999'",
        ("meta_999", "does not know", "no release brought the database there"),
    ),
    "record of the other tree": Breakage(
        "UPDATE alembic_version SET version_num = 'tsdb_001'",
        ("it holds tsdb_001, a revision of the telemetry database",),
    ),
    "record behind the history": Breakage(
        "UPDATE alembic_version SET version_num = 'meta_001'",
        ("it holds meta_001", f"by schema_history the database is at {head(META)}"),
    ),
}
