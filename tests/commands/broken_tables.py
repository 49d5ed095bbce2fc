"""What breaks the tables of a metadata database, and what must be said of it."""

from __future__ import annotations

from dataforeman_schema.databases import META
from tests.commands.breakage import Breakage
from tests.trees import head, seeded

TAGS = seeded("tag_metadata")
NO_START = "the connectivity service does not start"

TABLES = {
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
}
