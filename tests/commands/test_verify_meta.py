"""`verify` names what is broken in a metadata database, and its remedies mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META
from tests.commands.breakage import (
    Breakage,
    assert_named,
    assert_noted,
    find,
    find_as_printed,
    mend_all,
)
from tests.commands.places import execute
from tests.trees import head, line, seeded

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

ALL = ", ".join(line(META))
TAGS = seeded("tag_metadata")
NO_START = "the connectivity service does not start"

BREAKAGES = {
    "table missing": Breakage(
        "DROP TABLE jobs",
        (
            "table jobs",
            "does not exist",
            f"{head(META)} shows as run",
            "background jobs",
        ),
    ),
    "poll_groups missing": Breakage(
        "DROP TABLE poll_groups CASCADE",
        ("critical-table", 'relation "poll_groups" does not exist', NO_START),
    ),
    "tag_metadata missing": Breakage(
        "DROP TABLE tag_metadata CASCADE",
        ("critical-table", 'relation "tag_metadata" does not exist', NO_START),
    ),
    "connections missing": Breakage(
        "DROP TABLE connections CASCADE",
        ("critical-table", 'relation "connections" does not exist', NO_START),
    ),
    "index of other rows": Breakage(
        "DROP INDEX jobs_running_idx;"
        "CREATE INDEX jobs_running_idx ON jobs (status, last_heartbeat_at)"
        " WHERE status = 'x'",
        ("index jobs_running_idx of table jobs", "not the schema's"),
    ),
    "check of other values": Breakage(
        "ALTER TABLE connections DROP CONSTRAINT connections_type_check,"
        " ADD CONSTRAINT connections_type_check CHECK (type <> 'x')",
        ("constraint connections_type_check of table connections", "not the schema's"),
    ),
    "both sides of a key missing": Breakage(
        "DROP TABLE users, sessions, auth_identities CASCADE",
        ("table users", "the core API cannot sign anybody in"),
    ),
    "column missing": Breakage(
        "ALTER TABLE users DROP COLUMN display_name",
        ("column display_name of table users", "missing", "sign anybody in"),
    ),
    "column type": Breakage(
        "ALTER TABLE jobs ALTER COLUMN type TYPE varchar(80)",
        ("column type of table jobs", "its type is VARCHAR(80)", "says TEXT"),
    ),
    "column type without a cast": Breakage(
        "ALTER TABLE poll_groups ALTER COLUMN poll_rate_ms TYPE text",
        ("column poll_rate_ms of table poll_groups", "its type is TEXT"),
    ),
    "column nullable": Breakage(
        "ALTER TABLE users ALTER COLUMN is_active DROP NOT NULL;"
        "UPDATE users SET is_active = NULL",
        ("column is_active of table users", "may be NULL, which the schema forbids"),
    ),
    "column not nullable": Breakage(
        "ALTER TABLE roles ALTER COLUMN name SET NOT NULL;"
        "ALTER TABLE users ALTER COLUMN display_name SET NOT NULL",
        ("column display_name of table users", "which the schema allows"),
    ),
    "column default": Breakage(
        "ALTER TABLE users ALTER COLUMN is_active SET DEFAULT false",
        ("column is_active of table users", "its default is false", "says true"),
    ),
    "column comment": Breakage(
        "COMMENT ON COLUMN users.email IS 'x'",
        ("column email of table users", "its comment is 'x'", "no service fails"),
    ),
    "table comment": Breakage(
        "COMMENT ON TABLE users IS 'x'", ("table users", "its comment is 'x'")
    ),
    "column unknown that wants a value": Breakage(
        "ALTER TABLE jobs ADD COLUMN note text NOT NULL",
        ("column note of table jobs", "must not be NULL"),
    ),
    "unique index unknown": Breakage(
        "CREATE UNIQUE INDEX mine ON audit_events (action)",
        ("index mine of table audit_events", "no such index", "it refuses rows"),
    ),
    "index missing": Breakage(
        "DROP INDEX idx_audit_events_ts",
        ("index idx_audit_events_ts of table audit_events", "missing", "slow"),
    ),
    "index of other columns": Breakage(
        "DROP INDEX idx_audit_events_ts;"
        "CREATE INDEX idx_audit_events_ts ON audit_events (action)",
        ("index idx_audit_events_ts of table audit_events", "not the schema's"),
    ),
    "foreign key missing": Breakage(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey",
        ("constraint sessions_user_id_fkey of table sessions", "missing"),
    ),
    "foreign key with another rule": Breakage(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey,"
        " ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users",
        ("constraint sessions_user_id_fkey of table sessions", "not the schema's"),
    ),
    "foreign key not validated": Breakage(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey,"
        " ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id)"
        " REFERENCES users ON DELETE CASCADE NOT VALID",
        ("constraint sessions_user_id_fkey of table sessions", "never validated"),
    ),
    "rows that refer to nothing": Breakage(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey;"
        "INSERT INTO sessions (user_id, jti, refresh_hash, expires_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'x', now())",
        ("refer to what does not exist: 1;", "sessions_user_id_fkey"),
    ),
    "rows that refer to nothing, set to nothing": Breakage(
        "ALTER TABLE chart_configs DROP CONSTRAINT chart_configs_folder_id_fkey;"
        "INSERT INTO chart_configs (name, options, folder_id)"
        " VALUES ('kept', '{}', gen_random_uuid())",
        ("refer to what does not exist: 1;", "chart_configs_folder_id_fkey"),
    ),
    "check missing": Breakage(
        "ALTER TABLE connections DROP CONSTRAINT connections_type_check",
        ("constraint connections_type_check of table connections", "missing"),
    ),
    "unique key missing": Breakage(
        "ALTER TABLE users DROP CONSTRAINT users_email_key",
        ("constraint users_email_key of table users", "missing", "twice"),
    ),
    "primary key missing": Breakage(
        "ALTER TABLE system_settings DROP CONSTRAINT system_settings_pkey",
        ("constraint system_settings_pkey", "the primary key is missing", "twice"),
    ),
    "primary key of another name": Breakage(
        "ALTER TABLE system_settings RENAME CONSTRAINT system_settings_pkey TO mine",
        ("constraint system_settings_pkey", "it is there by another name: mine"),
    ),
    "serial column without its sequence": Breakage(
        "DROP SEQUENCE roles_id_seq CASCADE",
        ("column id of table roles", "no longer filled from its sequence"),
    ),
    "serial column made an identity": Breakage(
        "ALTER TABLE roles ALTER id DROP DEFAULT;"
        "ALTER TABLE roles ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;"
        "DROP TABLE jobs",
        ("column id of table roles", "it is GENERATED BY DEFAULT AS IDENTITY"),
    ),
    "column with a default made an identity": Breakage(
        "ALTER TABLE jobs ALTER attempt DROP DEFAULT;"
        "ALTER TABLE jobs ALTER attempt ADD GENERATED ALWAYS AS IDENTITY",
        ("column attempt of table jobs", "it is GENERATED ALWAYS AS IDENTITY"),
    ),
    "column computed": Breakage(
        "ALTER TABLE users DROP COLUMN display_name;"
        "ALTER TABLE users ADD display_name text GENERATED ALWAYS AS (email) STORED",
        ("column display_name of table users", "it is GENERATED ALWAYS AS (email)"),
    ),
    "column computed when it is read": Breakage(
        "DO $$DECLARE kind text := 'STORED'; BEGIN"
        "  IF current_setting('server_version_num')::int >= 180000 THEN"
        "    kind := 'VIRTUAL'; END IF;"
        "  ALTER TABLE users DROP COLUMN is_active;"
        "  EXECUTE 'ALTER TABLE users ADD is_active bool NOT NULL"
        " GENERATED ALWAYS AS (true) ' || kind; END$$;"
        "INSERT INTO users (email) VALUES ('a')",
        ("column is_active of table users", "it is GENERATED ALWAYS AS (true)"),
    ),
    "column of another order": Breakage(
        'ALTER TABLE users ALTER display_name TYPE text COLLATE "C";'
        'ALTER TABLE users ALTER email TYPE text COLLATE "C"',
        ("column display_name of table users", 'its type is TEXT COLLATE "C"'),
    ),
    "sequence behind its rows": Breakage(
        "SELECT setval('tag_metadata_tag_id_seq', 1)",
        (
            "primary-key | column tag_id of table tag_metadata",
            "gives 2 next",
            f"to {TAGS}",
        ),
    ),
    "sequence behind its rows, not yet called": Breakage(
        f"SELECT setval('tag_metadata_tag_id_seq', {TAGS}, false)",
        (
            "column tag_id of table tag_metadata",
            f"gives {TAGS} next",
            f"rows have up to {TAGS}",
        ),
    ),
    "unique key deferrable": Breakage(
        "ALTER TABLE users DROP CONSTRAINT users_email_key;"
        "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email) DEFERRABLE",
        ("constraint users_email_key of table users", "UNIQUE (email) DEFERRABLE"),
    ),
    "primary key deferrable": Breakage(
        "ALTER TABLE system_settings DROP CONSTRAINT system_settings_pkey,"
        " ADD CONSTRAINT system_settings_pkey PRIMARY KEY (key) DEFERRABLE",
        ("constraint system_settings_pkey", "PRIMARY KEY (key) DEFERRABLE"),
    ),
    "primary key that others refer to with more columns": Breakage(
        "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE;"
        "ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY (id) INCLUDE (email);"
        "ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey"
        " FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE",
        ("constraint users_pkey of table users", "INCLUDE (email)"),
    ),
    "foreign key deferrable": Breakage(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey,"
        " ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id)"
        " REFERENCES users ON DELETE CASCADE DEFERRABLE",
        ("constraint sessions_user_id_fkey of table sessions", "not the schema's"),
    ),
    "foreign key that matches in full": Breakage(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey,"
        " ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id)"
        " REFERENCES users MATCH FULL ON DELETE CASCADE",
        ("constraint sessions_user_id_fkey of table sessions", "MATCH FULL"),
    ),
    "index by another method": Breakage(
        "DROP INDEX idx_jobs_type;CREATE INDEX idx_jobs_type ON jobs USING hash (type)",
        ("index idx_jobs_type of table jobs", "hash (type)", "btree (type)"),
    ),
    "index by other operators": Breakage(
        "DROP INDEX jobs_queue_idx; CREATE INDEX jobs_queue_idx"
        " ON jobs (status text_pattern_ops, run_at, created_at)"
        " WHERE status = 'queued'",
        ("index jobs_queue_idx of table jobs", "text_pattern_ops, run_at"),
    ),
    "exclusion unknown": Breakage(
        "ALTER TABLE jobs ADD CONSTRAINT evil EXCLUDE USING btree (id WITH =)",
        (
            "constraint evil of table jobs",
            "no such constraint: EXCLUDE",
            "refuses rows",
        ),
    ),
    "rule unknown": Breakage(
        "CREATE RULE nope AS ON INSERT TO jobs DO INSTEAD NOTHING;"
        "CREATE RULE nope AS ON INSERT TO schema_history DO ALSO NOTHING",
        ("rule | rule nope of table jobs", "no such rule", "something else"),
    ),
    "row security that permits nothing": Breakage(
        "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        "CREATE POLICY mine ON users AS RESTRICTIVE USING (true)",
        ("row-security | table jobs", "no policy permits anybody but its owner"),
    ),
    "tables unlogged": Breakage(
        "ALTER TABLE jobs SET UNLOGGED; ALTER TABLE sessions SET UNLOGGED;"
        "ALTER TABLE auth_identities SET UNLOGGED; ALTER TABLE eip_tag_cache"
        " SET UNLOGGED; ALTER TABLE eip_device_cache SET UNLOGGED",
        ("drift | table jobs", "unlogged", "a crash of the server empties it"),
    ),
    "trigger missing": Breakage(
        "DROP TRIGGER trigger_connections_updated_at ON connections",
        ("trigger trigger_connections_updated_at of table connections", "missing"),
    ),
    "trigger changed": Breakage(
        "CREATE OR REPLACE TRIGGER trigger_connections_updated_at"
        " BEFORE INSERT ON connections FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
        ("trigger trigger_connections_updated_at", "not the schema's", "INSERT"),
    ),
    "trigger unknown": Breakage(
        "CREATE TRIGGER mine BEFORE UPDATE ON connections"
        " FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
        ("trigger mine of table connections", "the schema has no such trigger"),
    ),
    "trigger disabled": Breakage(
        "ALTER TABLE connections DISABLE TRIGGER USER",
        ("table connections", "trigger_connections_updated_at", "disabled"),
    ),
    "foreign keys disabled": Breakage(
        "ALTER TABLE sessions DISABLE TRIGGER ALL",
        ("table sessions", "its foreign keys and triggers are disabled"),
    ),
    "function missing": Breakage(
        "DROP FUNCTION set_updated_at() CASCADE",
        ("function set_updated_at()", "it is missing", "updated_at"),
    ),
    "function changed": Breakage(
        "CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NEW; END'",
        ("function set_updated_at()", "is not the schema's"),
    ),
    "function of another kind": Breakage(
        "DROP FUNCTION set_updated_at() CASCADE; CREATE FUNCTION set_updated_at()"
        " RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ("function set_updated_at()", "is not the schema's"),
    ),
    "function with its owner's rights": Breakage(
        "ALTER FUNCTION set_updated_at() SECURITY DEFINER",
        ("function set_updated_at()", "is not the schema's"),
    ),
    "function without its search_path": Breakage(
        "ALTER FUNCTION set_updated_at() RESET search_path",
        ("function set_updated_at()", "is not the schema's"),
    ),
    "index invalid": Breakage(
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = 'idx_audit_events_ts'::regclass",
        ("index | index idx_audit_events_ts of table audit_events", "it is invalid"),
    ),
    "key that others refer to missing": Breakage(
        "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE",
        ("constraint users_pkey of table users", "the primary key is missing"),
    ),
    "key that others refer to replaced": Breakage(
        "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE;"
        "ALTER TABLE users ADD CONSTRAINT mine UNIQUE (id);"
        "ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey"
        " FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE",
        ("constraint mine of table users", "no such constraint"),
    ),
    "key that others refer to renamed": Breakage(
        "ALTER TABLE users RENAME CONSTRAINT users_pkey TO mine",
        ("constraint users_pkey of table users", "it is there by another name: mine"),
    ),
    "table renamed": Breakage(
        'ALTER TABLE poll_groups RENAME TO "Poll_Groups"',
        ("table poll_groups", "Poll_Groups is the same table", "its name back"),
    ),
    "table replaced by a view": Breakage(
        "ALTER TABLE poll_groups RENAME TO mine;"
        "CREATE VIEW poll_groups AS SELECT * FROM mine",
        ("table poll_groups", "does not exist", "the view of that name aside"),
    ),
    "index name on another table": Breakage(
        "DROP INDEX idx_audit_events_ts;"
        "CREATE INDEX idx_audit_events_ts ON jobs (created_at)",
        ("index idx_audit_events_ts of table audit_events", "it is missing"),
    ),
    "unknown things that are not in force": Breakage(
        "ALTER TABLE jobs ADD CONSTRAINT mine CHECK (type <> 'x') NOT VALID;"
        "CREATE INDEX other ON jobs (error);"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other'::regclass",
        ("constraint mine of table jobs", "no such constraint"),
    ),
    "column without default and required values": Breakage(
        "ALTER TABLE users ALTER is_active DROP NOT NULL, ALTER is_active DROP DEFAULT;"
        "UPDATE users SET is_active = NULL",
        ("column is_active of table users", "may be NULL", "its default is none"),
    ),
    "column type and the type of its default": Breakage(
        "ALTER TABLE jobs ALTER attempt TYPE text;INSERT INTO jobs (type) VALUES ('x')",
        ("column attempt of table jobs", "its type is TEXT, the schema says INTEGER"),
    ),
    "column type and default of another type": Breakage(
        "ALTER TABLE users ALTER is_active DROP DEFAULT, ALTER is_active TYPE text,"
        " ALTER is_active SET DEFAULT 'yes'",
        ("column is_active of table users", "its type is TEXT", "says true"),
    ),
    "instants without their zone": Breakage(
        "ALTER TABLE users ALTER created_at TYPE timestamp"
        " USING created_at AT TIME ZONE 'UTC'",
        ("column created_at of table users", "TIMESTAMP WITHOUT TIME ZONE"),
    ),
    "numbers that others refer to missing": Breakage(
        "ALTER TABLE units_of_measure DROP COLUMN id CASCADE",
        ("column id of table units_of_measure", "gives the rows new values"),
    ),
    "required column of an empty table missing": Breakage(
        "ALTER TABLE jobs DROP COLUMN type",
        ("column type of table jobs", "it is missing"),
    ),
    "indexes of keys invalid": Breakage(
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid IN ('users_pkey'::regclass, 'users_email_key'::regclass)",
        ("index | constraint users_pkey of table users", "it is invalid"),
    ),
    "constraints not in force": Breakage(
        "DO $$DECLARE force text := 'NOT VALID'; BEGIN"
        "  IF current_setting('server_version_num')::int >= 180000 THEN"
        "    force := 'NOT ENFORCED'; END IF;"
        "  ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey;"
        "  EXECUTE 'ALTER TABLE sessions ADD CONSTRAINT sessions_user_id_fkey FOREIGN"
        " KEY (user_id) REFERENCES users ON DELETE CASCADE ' || force; END$$",
        ("constraint sessions_user_id_fkey of table sessions", "it holds for n"),
    ),
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


NOTES = {
    "column unknown": Breakage(
        "ALTER TABLE jobs ADD COLUMN note text; ALTER TABLE jobs ADD COLUMN kept int"
        " NOT NULL DEFAULT 1",
        ("foreign | column note of table jobs", "foreign | column kept of table jobs"),
    ),
    "table unknown": Breakage(
        "CREATE TABLE mine (id serial PRIMARY KEY, note text);"
        "INSERT INTO mine (note) VALUES ('kept')",
        ("foreign | table mine",),
    ),
    "table that refers to ours": Breakage(
        "CREATE TABLE mine (id uuid REFERENCES users ON DELETE CASCADE)",
        ("foreign | table mine",),
    ),
    "index unknown": Breakage(
        "CREATE INDEX mine ON audit_events (action)",
        ("foreign | index mine of table audit_events",),
    ),
    "function, type, view, sequence and statistics unknown": Breakage(
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE TYPE mood AS ENUM ('good'); CREATE VIEW mine AS SELECT FROM users;"
        "CREATE SEQUENCE numbers; CREATE STATISTICS both_ids (dependencies)"
        " ON id, email FROM users",
        (
            *("foreign | function mine()", "foreign | type mood"),
            *("foreign | view mine", "foreign | sequence numbers"),
            "foreign | statistics both_ids of table users",
        ),
    ),
    "settings of tables, columns and indexes": Breakage(
        "ALTER TABLE users SET (fillfactor = 70); ALTER INDEX idx_jobs_type SET"
        " (fillfactor = 70); ALTER TABLE jobs ALTER error SET STORAGE EXTERNAL",
        (
            "tuned | table users: it is tuned: options ['fillfactor=70']",
            "tuned | index idx_jobs_type of table jobs",
            "tuned | column error of table jobs",
        ),
    ),
    "comment of the migrations' own table": Breakage(
        "COMMENT ON TABLE schema_history IS 'x'",
        ("drift | table schema_history: its comment is 'x'",),
    ),
}


def test_clean(meta_database: ConnectionSettings) -> None:
    """A database at head has nothing wrong."""
    assert find(META, meta_database) == []


def test_policies(meta_database: ConnectionSettings) -> None:
    """Row security with a policy is what an operator wants."""
    execute(
        meta_database,
        "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY mine ON jobs USING (true)",
    )
    assert find(META, meta_database) == []


REMAKE = """
DO $$DECLARE c record; BEGIN
  FOR c IN SELECT conrelid::regclass AS owner, conname,
    pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE contype = 'c'
    AND connamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
      c.owner, c.conname, c.conname, c.text);
  END LOOP;
  FOR c IN SELECT indexrelid::regclass AS owner, pg_get_indexdef(indexrelid) AS text
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE indpred IS NOT NULL
    AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('DROP INDEX %s', c.owner); EXECUTE c.text;
  END LOOP;
END$$
"""


def test_what_a_restore_makes(meta_database: ConnectionSettings) -> None:
    """What the server words otherwise, read from its own words, is the same."""
    execute(meta_database, REMAKE)
    assert find(META, meta_database) == []
    execute(meta_database, REMAKE)
    assert find(META, meta_database) == []


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_note(note: Breakage, meta_database: ConnectionSettings) -> None:
    """What harms nobody is noted, is no finding, and nothing to `alembic check`."""
    execute(meta_database, note.sql)
    assert_noted(META, meta_database, note.words)


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
def test_breakage(breakage: Breakage, meta_database: ConnectionSettings) -> None:
    """Each breakage is named, and after the remedies nothing is wrong."""
    execute(meta_database, breakage.sql)
    findings = find_as_printed(META, meta_database)
    assert_named(findings, breakage.words)
    mend_all(findings, meta_database)
    assert find(META, meta_database) == []
