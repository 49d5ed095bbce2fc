"""What a database says of itself, in a form that tests can compare."""

from collections.abc import Collection

from sqlalchemy import Connection, text

# What every query can select from.
_RELATION = """
WITH relation AS (
  SELECT c.*, c.relname::text AS name
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = :schema AND c.relname <> ALL(:without) AND NOT EXISTS (
    SELECT FROM pg_depend AS d WHERE d.objid = c.oid
    AND d.classid = CAST('pg_class' AS regclass) AND d.deptype = 'e')
)
"""
# Every query yields two columns: a name, unique in its kind, and a JSON object.
# NOT NULL constraints (listed as such since PostgreSQL 18) show as "nullable".
_QUERIES = {
    "tables": """
SELECT name, jsonb_build_object(
  'kind', relkind, 'persistence', relpersistence, 'options', reloptions,
  'comment', obj_description(oid, 'pg_class'))
FROM relation WHERE relkind IN ('r', 'p', 'f')
""",
    "columns": """
SELECT r.name || '.' || a.attname, jsonb_build_object(
  'position', row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum),
  'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
  'default', pg_get_expr(d.adbin, d.adrelid),
  'identity', a.attidentity, 'generated', a.attgenerated,
  'comment', col_description(r.oid, a.attnum))
FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY r.name, a.attnum
""",
    "constraints": """
SELECT r.name || '.' || c.conname, jsonb_build_object(
  'type', c.contype, 'definition', pg_get_constraintdef(c.oid),
  'comment', obj_description(c.oid, 'pg_constraint'))
FROM relation AS r JOIN pg_constraint AS c ON c.conrelid = r.oid
WHERE c.contype NOT IN ('n', 't')
""",
    "indexes": """
SELECT r.name || '.' || x.relname, jsonb_build_object(
  'definition', pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid,
  'comment', obj_description(i.indexrelid, 'pg_class'))
FROM relation AS r JOIN pg_index AS i ON i.indrelid = r.oid
JOIN pg_class AS x ON x.oid = i.indexrelid
""",
    "triggers": """
SELECT r.name || '.' || t.tgname, jsonb_build_object(
  'definition', pg_get_triggerdef(t.oid, true), 'enabled', t.tgenabled,
  'comment', obj_description(t.oid, 'pg_trigger'))
FROM relation AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid
WHERE NOT t.tgisinternal
""",
    "sequences": """
SELECT r.name, jsonb_build_object(
  'type', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'min', s.seqmin,
  'max', s.seqmax, 'step', s.seqincrement, 'cycle', s.seqcycle, 'cache', s.seqcache,
  'owner', (SELECT d.refobjid::regclass || '.' || a.attname
    FROM pg_depend AS d JOIN pg_attribute AS a
    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.objid = r.oid AND d.deptype IN ('a', 'i')))
FROM relation AS r JOIN pg_sequence AS s ON s.seqrelid = r.oid
""",
    "views": """
SELECT name, jsonb_build_object(
  'kind', relkind, 'definition', pg_get_viewdef(oid),
  'comment', obj_description(oid, 'pg_class'))
FROM relation WHERE relkind IN ('v', 'm')
""",
    "functions": """
SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
  jsonb_build_object('definition', pg_get_functiondef(p.oid),
  'comment', obj_description(p.oid, 'pg_proc'))
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = :schema AND p.prokind <> 'a' AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.objid = p.oid
  AND d.classid = CAST('pg_proc' AS regclass) AND d.deptype = 'e')
""",
    "types": """
SELECT t.typname::text, jsonb_build_object(
  'kind', t.typtype, 'base', format_type(NULLIF(t.typbasetype, 0), t.typtypmod),
  'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder)
    FROM pg_enum AS e WHERE e.enumtypid = t.oid))
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = :schema AND t.typtype IN ('d', 'e', 'r') AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.objid = t.oid
  AND d.classid = CAST('pg_type' AS regclass) AND d.deptype = 'e')
""",
}


def snapshot(
    connection: Connection,
    schema: str = "public",
    without: Collection[str] = ("alembic_version", "schema_history"),
) -> dict[str, dict[str, dict[str, object]]]:
    """Read the definition of everything in a schema; no rows, no object ids.

    Two databases with equal snapshots have the same tables, columns (in order),
    constraints, indexes, triggers, sequences, views, functions, types and comments.
    What an extension owns is left out.

    Args:
        connection: Any connection; it is only read, in its current transaction.
        schema: Name of the schema.
        without: Names of tables and sequences to leave out; if not told, those of the
            migrations themselves.

    Returns:
        For each kind ("tables", "columns", …) the objects by name, "table.name" for
        what belongs to a table, each with its properties as the server words them.
    """
    parameters = {"schema": schema, "without": list(without)}
    return {
        kind: dict(connection.execute(text(_RELATION + query), parameters).all())
        for kind, query in _QUERIES.items()
    }
