"""Revisions that break a rule of lint, and their like that keep it."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, NamedTuple

from alembic.script import Script

from dataforeman_schema.commands.lint.revision import Linter
from dataforeman_schema.databases import DATABASES

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.commands.lint.finding import LintFinding

HEADER = """
from datetime import timedelta
import sqlalchemy as sa
from dataforeman_schema.timescale import op

revision = "{tree}_900"
down_revision = {before}
"""
HYPERTABLES = frozenset({"tag_values", "hourly"})


class Case(NamedTuple):
    """What breaks a rule, and what keeps it, each the body of `upgrade`."""

    rule: str
    breaks: str
    keeps: str
    tree: str = "meta"


def write_revision(
    folder: Path,
    body: str,
    *,
    tree: str = "meta",
    downgrade: str = "pass",
    after: str | None = None,
) -> Path:
    """Write a revision into a folder."""
    path = folder / "900_v9_release.py"
    before = f'"{after}"' if after else "None"
    functions = (("upgrade", body), ("downgrade", downgrade))
    text = HEADER.format(tree=tree, before=before)
    path.write_text(text + "\n".join(_function(*each) for each in functions))
    return path


def _load(path: Path) -> Script:
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return Script(module, module.revision, str(path))


def _function(name: str, body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"def {name}() -> None:\n{lines}\n"


def found(
    folder: Path, body: str, *, tree: str = "meta", downgrade: str = "pass"
) -> list[LintFinding]:
    """Look over a revision of such functions."""
    script = _load(write_revision(folder, body, tree=tree, downgrade=downgrade))
    return Linter(DATABASES[tree], [script], HYPERTABLES).lint(script, None)


def _sql(rule: str, breaks: str, keeps: str = "SELECT 1", tree: str = "meta") -> Case:
    return Case(rule, f'op.execute("""{breaks}""")', f'op.execute("""{keeps}""")', tree)


_NEW = 'op.create_table("t", sa.Column("a", sa.BigInteger()))\n'
_HOUR = '"hourly", definition="SELECT 1"'
_DAY = '"tag_values", "ts", chunk_interval=timedelta(days=1)'

OURS = (
    Case(
        "models",
        "from dataforeman_schema import meta",
        "from dataforeman_schema.timescale import Months",
    ),
    Case(
        "offline",
        'op.get_bind().execute(sa.text("SELECT 1")).scalar()',
        'op.get_bind().execute(sa.text("SELECT 1"))',
    ),
    Case(
        "every-row",
        'op.execute("UPDATE users SET is_active = true")',
        "op.execute(\"UPDATE users SET is_active = true WHERE email = 'a'\")",
    ),
    Case(
        "batches",
        'op.execute("DELETE FROM audit_events WHERE outcome IS NULL")',
        'op.execute("DELETE FROM audit_events WHERE id BETWEEN 1 AND 1000")',
    ),
    Case(
        "truncate",
        'op.execute("TRUNCATE users")',
        _NEW + 'op.execute("TRUNCATE t")',
    ),
    Case(
        "required-column",
        'op.add_column("users", sa.Column("a", sa.Text(), nullable=False))',
        'op.add_column("users", sa.Column("a", sa.Text(), nullable=False,'
        ' server_default="x"))',
    ),
    Case(
        "migrate-data",
        f"op.create_hypertable({_DAY}, migrate_data=True)",
        f"op.create_hypertable({_DAY})",
        "tsdb",
    ),
    Case(
        "disable-columnstore",
        'op.disable_columnstore("tag_values")',
        'op.enable_columnstore("tag_values")',
        "tsdb",
    ),
    Case(
        "convert-to-rowstore",
        'op.convert_to_rowstore("tag_values", columns=["tag_id"])',
        'op.add_columnstore_policy("tag_values", after=timedelta(days=7))',
        "tsdb",
    ),
    Case(
        "drop-hypertable",
        f"op.drop_hypertable({_DAY})",
        f"op.create_hypertable({_DAY})",
        "tsdb",
    ),
    Case(
        "retention",
        'op.add_retention_policy("tag_values", drop_after=timedelta(days=7))',
        'op.remove_retention_policy("tag_values", drop_after=timedelta(days=7))',
        "tsdb",
    ),
    Case(
        "aggregate-anew",
        f"op.drop_continuous_aggregate({_HOUR})",
        f"op.create_continuous_aggregate({_HOUR})",
        "tsdb",
    ),
    Case(
        "hypertable-index",
        'op.create_index("i", "tag_values", ["quality"])',
        'op.create_hypertable_index("i", "tag_values", ["quality"])',
        "tsdb",
    ),
)
"""One a rule of ours."""

_AUTOCOMMIT = 'with op.get_context().autocommit_block():\n    op.execute("{}")'

SQUAWKS = (
    _sql("adding-field-with-default", "ALTER TABLE u ADD a uuid DEFAULT f()"),
    _sql(
        "adding-foreign-key-constraint",
        "ALTER TABLE u ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES v (a)",
        "ALTER TABLE u ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES v (a) NOT VALID",
    ),
    _sql("adding-not-nullable-field", "ALTER TABLE u ALTER a SET NOT NULL"),
    _sql("adding-serial-primary-key-field", "ALTER TABLE u ADD PRIMARY KEY (a)"),
    _sql("changing-column-type", "ALTER TABLE u ALTER a TYPE bigint"),
    _sql(
        "constraint-missing-not-valid",
        "ALTER TABLE u ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE u ADD CONSTRAINT k CHECK (a > 0) NOT VALID",
    ),
    _sql("disallowed-unique-constraint", "ALTER TABLE u ADD CONSTRAINT k UNIQUE (a)"),
    Case(
        "require-concurrent-index-creation",
        'op.create_index("i", "users", ["email"])',
        _NEW + 'op.create_index("i", "t", ["a"])',
    ),
    Case(
        "require-concurrent-index-deletion",
        'op.drop_index("i", "users")',
        _AUTOCOMMIT.format("DROP INDEX CONCURRENTLY i"),
    ),
    _sql(
        "require-concurrent-partition-detach",
        "ALTER TABLE u DETACH PARTITION v",
        "ALTER TABLE u DETACH PARTITION v CONCURRENTLY",
    ),
    _sql(
        "require-concurrent-reindex", "REINDEX TABLE u", "REINDEX TABLE CONCURRENTLY u"
    ),
    _sql(
        "ban-alter-domain-with-add-constraint",
        "ALTER DOMAIN d ADD CONSTRAINT k CHECK (value > 0)",
    ),
    Case(
        "ban-concurrent-index-creation-in-transaction",
        'op.execute("CREATE INDEX CONCURRENTLY i ON u (a)")',
        _AUTOCOMMIT.format("CREATE INDEX CONCURRENTLY i ON u (a)"),
    ),
    Case(
        "ban-drop-column",
        'op.drop_column("users", "email")',
        'op.add_column("users", sa.Column("a", sa.Text()))',
    ),
    _sql("ban-drop-not-null", "ALTER TABLE u ALTER a DROP NOT NULL"),
    _sql("ban-drop-schema", "DROP SCHEMA s"),
    Case("ban-drop-table", 'op.drop_table("users")', _NEW),
    _sql("ban-drop-view", "DROP VIEW v"),
    _sql("ban-set-schema", "ALTER TABLE u SET SCHEMA s"),
    _sql("renaming-column", "ALTER TABLE u RENAME a TO b"),
    _sql("renaming-object", "ALTER VIEW v RENAME TO w"),
    _sql("renaming-table", "ALTER TABLE u RENAME TO v"),
    _sql("ban-alter-database-options", "ALTER DATABASE d SET work_mem = '1GB'"),
    _sql("ban-alter-role-options", "ALTER ROLE r SET work_mem = '1GB'"),
    _sql("ban-alter-system-options", "ALTER SYSTEM SET work_mem = '1GB'"),
    _sql("ban-disable-trigger", "ALTER TABLE u DISABLE TRIGGER g"),
    _sql("ban-drop-database", "DROP DATABASE d"),
    _sql("ban-drop-extension", "DROP EXTENSION e"),
    _sql("ban-revoke", "REVOKE SELECT ON u FROM r", "GRANT SELECT ON u TO r"),
    _sql("ban-truncate-cascade", "TRUNCATE u CASCADE", "TRUNCATE u"),
    _sql("transaction-nesting", "BEGIN"),
    _sql("ban-char-field", "CREATE TABLE t (a char(3))", "CREATE TABLE t (a text)"),
    _sql(
        "ban-create-domain-with-constraint",
        "CREATE DOMAIN d AS text CHECK (value <> '')",
        "CREATE DOMAIN d AS text",
    ),
    _sql("identifier-too-long", f"CREATE TABLE {'t' * 64} (a text)"),
    _sql(
        "prefer-identity",
        "CREATE TABLE t (a bigserial PRIMARY KEY)",
        "CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
    ),
    _sql(
        "prefer-text-field",
        "CREATE TABLE t (a varchar(3))",
        "CREATE TABLE t (a text)",
    ),
    _sql(
        "prefer-timestamp-tz",
        "CREATE TABLE t (a timestamp)",
        "CREATE TABLE t (a timestamptz)",
    ),
    _sql("ban-duplicate-column-assignments", "UPDATE u SET a = 1, a = 2 WHERE b = 1"),
)
"""One a rule of squawk that holds."""
