"""A release with a statement of every kind, and the locks that it really takes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tests.commands import run
from tests.trees import following, head

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.databases import Database

META_KINDS = (
    "COMMENT ON TABLE audit_events IS 'Audit trail.'",
    "CREATE INDEX new_action ON audit_events (action)",
    "ALTER TABLE audit_events ADD COLUMN a varchar(10)",
    "ALTER TABLE audit_events ALTER COLUMN a TYPE varchar(20)",
    "ALTER TABLE audit_events ADD COLUMN b uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE audit_events ALTER COLUMN a SET DEFAULT 'x'",
    "ALTER TABLE audit_events ADD CONSTRAINT new_check CHECK (action <> '')",
    "ALTER TABLE audit_events ALTER COLUMN b SET NOT NULL",
    "CREATE TABLE new (id uuid REFERENCES users (id))",
    "ALTER TABLE jobs ADD CONSTRAINT new_key FOREIGN KEY (id) REFERENCES users",
    "ALTER TABLE units_of_measure ALTER COLUMN id TYPE bigint",
    "DROP INDEX idx_audit_events_ts",
    "ALTER TABLE audit_events RENAME COLUMN ip TO address",
    "ALTER TABLE audit_events DROP COLUMN target_id",
    "ALTER TABLE poll_groups ADD CONSTRAINT new_unique UNIQUE (poll_rate_ms)",
    "CREATE TRIGGER new AFTER UPDATE ON sessions EXECUTE FUNCTION set_updated_at()",
    "DROP TABLE dashboard_configs",
    "UPDATE connections SET enabled = true",
)
TSDB_KINDS = (
    "ALTER TABLE tag_values ADD COLUMN extra text",
    "CREATE INDEX new_index ON system_metrics (value)",
    "ALTER TABLE system_metrics ALTER COLUMN value TYPE numeric",
    "ALTER TABLE system_metrics ALTER COLUMN ingested_at SET NOT NULL",
    "COMMENT ON COLUMN tag_values.quality IS 'Quality.'",
    "DROP INDEX idx_tag_values_ts",
    "SELECT add_retention_policy('system_metrics', INTERVAL '90 days')",
)
_REVISION = '''"""{message}.

Revision ID: {revision}
Revises: {before}
Created: 2026-11-28
"""

from contextlib import nullcontext

from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run them all."""
    for statement in {statements!r}:
        alone = "CONCURRENTLY" in statement
        with op.get_context().autocommit_block() if alone else nullcontext():
            op.execute(statement)


def downgrade() -> None:
    """Nothing is to be undone."""
'''
_WATCHED_UPGRADE = """
import json
from contextlib import closing
from sqlalchemy import Engine, event
from dataforeman_schema.cli import main
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import DATABASES

NAMES = '''
SELECT c.oid::int, coalesce(parent.relname, t.relname)::text,
  CASE WHEN inhparent IS NOT NULL THEN 'chunks' WHEN c.oid <> t.oid THEN 'index'
  ELSE 'table' END
FROM pg_class AS c LEFT JOIN pg_index ON indexrelid = c.oid
JOIN pg_class AS t ON t.oid = coalesce(indrelid, c.oid)
LEFT JOIN pg_inherits ON inhrelid = t.oid
LEFT JOIN pg_class AS parent ON parent.oid = inhparent
WHERE coalesce(parent.relnamespace, t.relnamespace) = 'public'::regnamespace
AND t.relname NOT IN ('alembic_version', 'schema_history')
'''
LOCKS = '''
SELECT relation::int, mode FROM pg_locks WHERE locktype = 'relation' AND granted
AND pid IS NOT DISTINCT FROM nullif(%s, 0) AND mode <> 'AccessShareLock'
'''
names, before, seen = {}, set(), []
for database in DATABASES.values():
    with closing(connect(database.settings())) as connection:
        cursor = connection.cursor()
        cursor.execute(NAMES)
        names[connection.info.dbname] = {oid: name for oid, *name in cursor}

@event.listens_for(Engine, "after_cursor_execute")
def look(_connection, cursor, *_others):
    watched = cursor.connection
    pid, dbname = watched.info.backend_pid, watched.info.dbname
    [settings] = [
        each.settings() for each in DATABASES.values()
        if each.settings().database == dbname
    ]
    # A server with one session shows its own locks only.
    second = connect(settings) if pid else watched
    looking = second.cursor()
    looking.execute(LOCKS, [pid])
    found = set(looking.fetchall())
    if pid:
        second.close()
    taken = [(oid, mode) for oid, mode in found - before if oid in names[dbname]]
    before.clear()
    before.update(found)
    locks = [(*names[dbname][oid], mode, oid) for oid, mode in taken]
    seen.append((cursor.query.decode(), locks))

try:
    main(["upgrade", "--lose-data"])  # else what is counted is locked before
finally:
    print(json.dumps(seen))
"""


def release(
    folder: Path, database: Database, *statements: str, nth: int = 1, before: str = ""
) -> str:
    """Add a revision of some statements to a copy of the trees, and return its id."""
    revision = following(database, nth)
    number = revision.rpartition("_")[2]
    path = folder / f"alembic_{database.name}/versions/{number}_kinds.py"
    text = _REVISION.format(
        message="Every kind",
        revision=revision,
        before=before or head(database),
        statements=statements,
    )
    path.write_text(text)
    return revision


def upgrade_watched(**environ: str) -> dict[str, list[list[Any]]]:
    """Upgrade, while a second session reads the locks after each statement.

    Returns:
        For each statement what it newly locked of the tables that were there: the
        table, what of it, the mode, and the object id.
    """
    result = run(sys.executable, "-c", _WATCHED_UPGRADE, **environ)
    assert result.returncode == 0, result
    return dict(json.loads(result.stdout.splitlines()[-1]))
