"""What is asked of a server about everything in a schema: one query a kind of object.

Each yields a name, unique in its kind, and a JSON object with the properties as the
server words them. What belongs to a table is named "table.name" and says which table.
"""

from typing import Final

# What is in a schema depends on it, but indexes, which are where their tables are.
# Looked for by the schema, all chunks, which are in another, would be read.
RELATIONS: Final = """
WITH held AS (
  SELECT objid AS oid FROM pg_depend WHERE classid = CAST('pg_class' AS regclass)
  AND refclassid = CAST('pg_namespace' AS regclass)
  AND refobjid = (SELECT oid FROM pg_namespace WHERE nspname = :schema)
), found AS (
  SELECT oid FROM held
  UNION ALL SELECT indexrelid FROM held JOIN pg_index ON indrelid = held.oid)
SELECT c.oid FROM found JOIN pg_class AS c USING (oid)
WHERE c.relname <> ALL(:without) AND 0 = (
  SELECT count(*) FROM pg_depend AS d WHERE d.objid = c.oid
  AND d.classid = CAST('pg_class' AS regclass) AND d.deptype = 'e')
"""
"""Finds everything in a schema that has columns or belongs to what has.

Counting has the server look for one relation after the other, and not read all that
depends on something.
"""

# What every query can select from. By their numbers relations are found at once,
# however many chunks a database has.
RELATION: Final = """
WITH relation AS MATERIALIZED (
  SELECT c.*, c.relname::text AS name FROM pg_class AS c
  WHERE c.oid = ANY(CAST(:relations AS oid[])))
"""

# A policy is an operator's intent; without one that permits nothing is permitted. The
# server's own triggers enforce foreign keys.
_TABLES: Final = """
SELECT name, jsonb_build_object(
  'kind', relkind, 'persistence', relpersistence, 'options', reloptions,
  'closed', relrowsecurity AND NOT EXISTS (
    SELECT FROM pg_policy WHERE polrelid = relation.oid AND polpermissive),
  'forced', relforcerowsecurity,
  'keys_enforced', NOT EXISTS (SELECT FROM pg_trigger
    WHERE tgrelid = relation.oid AND tgisinternal AND tgenabled IN ('D', 'R')),
  'comment', obj_description(oid, 'pg_class'))
FROM relation WHERE relkind IN ('r', 'p', 'f')
"""

# NOT NULL constraints (listed as such since PostgreSQL 18) show as "nullable". Where an
# identity has the bounds of its type, they follow that.
_COLUMNS: Final = """
SELECT r.name || '.' || a.attname, jsonb_build_object('table', r.name,
  'position', row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum),
  'type', format_type(a.atttypid, a.atttypmod),
  'collation', CAST(CAST(nullif(a.attcollation, t.typcollation) AS regcollation)
    AS text),
  'nullable', NOT a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
  'generated', a.attgenerated, 'identity', (
    SELECT jsonb_build_object('kind', a.attidentity, 'start', seqstart,
      'min', nullif(seqmin, CASE WHEN seqincrement > 0 THEN 1 ELSE -most - 1 END),
      'max', nullif(seqmax, CASE WHEN seqincrement > 0 THEN most ELSE -1 END),
      'step', seqincrement, 'cycle', seqcycle, 'cache', seqcache)
    FROM pg_depend AS p JOIN pg_sequence ON seqrelid = p.objid
    JOIN (VALUES ('int2', 32767), ('int4', 2147483647), ('int8', 9223372036854775807))
      AS s (kind, most) ON seqtypid = CAST(s.kind AS regtype)
    WHERE p.refobjid = r.oid AND p.refobjsubid = a.attnum AND p.deptype = 'i'
    AND a.attidentity <> ''),
  'storage', nullif(a.attstorage, t.typstorage), 'compression', a.attcompression,
  'comment', col_description(r.oid, a.attnum))
FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE a.attrelid = ANY(CAST(:relations AS oid[]))
AND r.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY r.name, a.attnum
"""

# Whether one is in force is a property of its own: the server writes it at the end.
# Before PostgreSQL 18 every constraint is enforced.
_CONSTRAINTS: Final = """
SELECT r.name || '.' || c.conname, jsonb_build_object('table', r.name,
  'type', c.contype, 'definition', regexp_replace(
    pg_get_constraintdef(c.oid), ' NOT (VALID|ENFORCED)$', ''),
  'expression', pg_get_expr(c.conbin, c.conrelid), 'validated', c.convalidated,
  'enforced', coalesce(CAST(to_jsonb(c) ->> 'conenforced' AS boolean), true),
  'columns', (SELECT jsonb_agg(attname ORDER BY place)
    FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute ON attrelid = c.conrelid AND attnum = number),
  'referent', CAST(CAST(nullif(c.confrelid, 0) AS regclass) AS text),
  'referent_columns', (SELECT jsonb_agg(attname ORDER BY place)
    FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute ON attrelid = c.confrelid AND attnum = number),
  'on_delete', c.confdeltype, 'index_valid', i.indisvalid AND i.indisready,
  'options', x.reloptions, 'comment', obj_description(c.oid, 'pg_constraint'))
FROM relation AS r JOIN pg_constraint AS c ON c.conrelid = r.oid
LEFT JOIN pg_index AS i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class AS x ON x.oid = i.indexrelid
WHERE c.conrelid = ANY(CAST(:relations AS oid[])) AND c.contype NOT IN ('n', 't')
"""

# The definition holds what an operator may tune, and operators and collations that only
# follow those of the columns; what is compared are its other parts.
_INDEXES: Final = """
SELECT r.name || '.' || x.relname, jsonb_build_object('table', r.name,
  'definition', pg_get_indexdef(i.indexrelid, 0, true), 'method', a.amname,
  'unique', i.indisunique, 'keys', (
    SELECT jsonb_agg(pg_get_indexdef(i.indexrelid, CAST(k AS int), false) ORDER BY k)
    FROM generate_series(1, i.indnatts) AS k),
  'key_count', i.indnkeyatts, 'operators', (
    SELECT jsonb_agg(CASE WHEN NOT o.opcdefault THEN o.opcname END ORDER BY place)
    FROM unnest(CAST(i.indclass AS oid[])) WITH ORDINALITY AS k (id, place)
    JOIN pg_opclass AS o ON o.oid = k.id),
  'collations', (SELECT jsonb_agg(
      CAST(nullif(k.id, c.attcollation) AS regcollation) ORDER BY place)
    FROM unnest(CAST(i.indcollation AS oid[]), CAST(i.indkey AS int2[]))
    WITH ORDINALITY AS k (id, number, place)
    LEFT JOIN pg_attribute AS c ON c.attrelid = r.oid AND c.attnum = k.number),
  'order', CAST(i.indoption AS text),
  'predicate', pg_get_expr(i.indpred, i.indrelid),
  'nulls_not_distinct', to_jsonb(i) -> 'indnullsnotdistinct',
  'valid', i.indisvalid AND i.indisready, 'options', x.reloptions,
  'of_view', r.relkind = 'm', 'columns', (SELECT jsonb_agg(DISTINCT attname)
    FROM pg_depend AS d JOIN pg_attribute ON attrelid = r.oid
    AND attnum = d.refobjsubid WHERE d.objid = i.indexrelid AND d.refobjsubid > 0
    AND d.classid = CAST('pg_class' AS regclass) AND d.refobjid = r.oid),
  'comment', obj_description(i.indexrelid, 'pg_class'))
FROM relation AS r JOIN pg_index AS i ON i.indrelid = r.oid
JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS a ON a.oid = x.relam
WHERE i.indrelid = ANY(CAST(:relations AS oid[])) AND NOT EXISTS (
  SELECT FROM pg_constraint AS c WHERE c.conrelid = r.oid
  AND c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
"""

_TRIGGERS: Final = """
SELECT r.name || '.' || t.tgname, jsonb_build_object('table', r.name,
  'definition', pg_get_triggerdef(t.oid, true), 'enabled', t.tgenabled,
  'columns', (SELECT jsonb_agg(DISTINCT attname) FROM pg_depend AS d
    JOIN pg_attribute ON attrelid = r.oid AND attnum = d.refobjsubid
    WHERE d.objid = t.oid AND d.classid = CAST('pg_trigger' AS regclass)
    AND d.refobjid = r.oid AND d.refobjsubid > 0),
  'of_extension', EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = t.tgfoid
    AND d.classid = CAST('pg_proc' AS regclass) AND d.deptype = 'e'),
  'comment', obj_description(t.oid, 'pg_trigger'))
FROM relation AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid
WHERE t.tgrelid = ANY(CAST(:relations AS oid[])) AND NOT t.tgisinternal
"""

_RULES: Final = """
SELECT r.name || '.' || w.rulename, jsonb_build_object('table', r.name,
  'definition', pg_get_ruledef(w.oid, true), 'enabled', w.ev_enabled)
FROM relation AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid
WHERE w.ev_class = ANY(CAST(:relations AS oid[])) AND r.relkind IN ('r', 'p')
AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.objid = w.oid
  AND d.classid = CAST('pg_rewrite' AS regclass) AND d.deptype = 'e')
"""

# That of an identity column is a property of the column.
_SEQUENCES: Final = """
SELECT r.name, jsonb_build_object('table', o.owner, 'column', a.attname,
  'type', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'min', s.seqmin,
  'max', s.seqmax, 'step', s.seqincrement, 'cycle', s.seqcycle, 'cache', s.seqcache)
FROM relation AS r JOIN pg_sequence AS s ON s.seqrelid = r.oid
LEFT JOIN (SELECT d.*, t.name AS owner FROM pg_depend AS d
  JOIN relation AS t ON t.oid = d.refobjid WHERE d.deptype IN ('a', 'i')
  AND d.refobjsubid > 0 AND d.classid = CAST('pg_class' AS regclass)
) AS o ON o.objid = r.oid
LEFT JOIN pg_attribute AS a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
WHERE o.deptype IS DISTINCT FROM 'i'
"""

# What a view reads tells what must make way for it, and follows from its definition.
_VIEWS: Final = """
SELECT r.name, jsonb_build_object('kind', r.relkind,
  'definition', pg_get_viewdef(r.oid), 'settings', r.reloptions, 'columns', (
    SELECT jsonb_agg(jsonb_build_array(attname, format_type(atttypid, atttypmod),
      CAST(CAST(attcollation AS regcollation) AS text)) ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0),
  'reads', (SELECT jsonb_agg(DISTINCT jsonb_build_array(u.relname, a.attname))
    FROM pg_rewrite AS w JOIN pg_depend AS d ON d.objid = w.oid
    AND d.classid = CAST('pg_rewrite' AS regclass)
    AND d.refclassid = CAST('pg_class' AS regclass) AND d.refobjid <> r.oid
    JOIN pg_class AS u ON u.oid = d.refobjid AND u.relnamespace = r.relnamespace
    LEFT JOIN pg_attribute AS a ON a.attrelid = u.oid AND a.attnum = d.refobjsubid
    AND a.attnum > 0 WHERE w.ev_class = r.oid),
  'comment', obj_description(r.oid, 'pg_class'))
FROM relation AS r WHERE r.relkind IN ('v', 'm')
"""

# The server always writes the schema into the first line.
_FUNCTIONS: Final = """
SELECT format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
  jsonb_build_object('definition', overlay(
    pg_get_functiondef(p.oid) PLACING '' FROM
    CASE p.prokind WHEN 'p' THEN 29 ELSE 28 END -- CREATE OR REPLACE PROCEDURE, FUNCTION
    FOR length(quote_ident(n.nspname)) + 1),
  'kind', p.prokind, 'returns', format_type(p.prorettype, NULL),
  'comment', obj_description(p.oid, 'pg_proc'))
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = :schema AND p.prokind <> 'a' AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.objid = p.oid
  AND d.classid = CAST('pg_proc' AS regclass) AND d.deptype = 'e')
"""

# By what depends on the schema, as above: every chunk has two types.
_TYPES: Final = """
SELECT CAST(t.typname AS text), jsonb_build_object('kind', t.typtype,
  'definition', CASE t.typtype
    WHEN 'e' THEN format('CREATE TYPE %I AS ENUM (%s)', t.typname, e.listed)
    WHEN 'r' THEN format('CREATE TYPE %I AS RANGE (SUBTYPE = %s)', t.typname,
      (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid))
    ELSE concat_ws(' ', format('CREATE DOMAIN %I AS', t.typname), p.base,
      'COLLATE ' || p.collation, 'DEFAULT ' || p.initial,
      CASE WHEN t.typnotnull THEN 'NOT NULL' END, c.listed) END,
  'labels', e.labels, 'base', p.base, 'collation', p.collation,
  'default', p.initial, 'nullable', NOT t.typnotnull, 'checks', c.checks,
  'comment', obj_description(t.oid, 'pg_type'))
FROM pg_depend AS h JOIN pg_type AS t ON t.oid = h.objid
LEFT JOIN pg_type AS b ON b.oid = t.typbasetype
CROSS JOIN LATERAL (
  SELECT format_type(NULLIF(t.typbasetype, 0), t.typtypmod) AS base,
  CAST(CAST(nullif(t.typcollation, b.typcollation) AS regcollation) AS text)
    AS collation, pg_get_expr(t.typdefaultbin, 0) AS initial) AS p
CROSS JOIN LATERAL (
  SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) AS labels,
  string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) AS listed
  FROM pg_enum WHERE enumtypid = t.oid) AS e
CROSS JOIN LATERAL (
  SELECT jsonb_object_agg(conname, pg_get_constraintdef(oid)) AS checks,
  string_agg(format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)), ' '
    ORDER BY conname) AS listed
  FROM pg_constraint WHERE contypid = t.oid AND contype = 'c') AS c
WHERE h.classid = CAST('pg_type' AS regclass)
AND h.refclassid = CAST('pg_namespace' AS regclass)
AND h.refobjid = (SELECT oid FROM pg_namespace WHERE nspname = :schema)
AND t.typtype IN ('d', 'e', 'r') AND NOT EXISTS (
  SELECT FROM pg_depend AS d WHERE d.objid = t.oid
  AND d.classid = CAST('pg_type' AS regclass) AND d.deptype = 'e')
"""

_STATISTICS: Final = """
SELECT r.name || '.' || s.stxname, jsonb_build_object('table', r.name,
  'definition', format('CREATE STATISTICS %I%s ON %s FROM %I', s.stxname,
    (SELECT format(' (%s)', string_agg(CASE kind WHEN 'd' THEN 'ndistinct'
      WHEN 'f' THEN 'dependencies' WHEN 'm' THEN 'mcv' END, ', '))
      FROM unnest(s.stxkind) AS kind WHERE kind <> 'e'),
    pg_get_statisticsobjdef_columns(s.oid), r.name))
FROM relation AS r JOIN pg_statistic_ext AS s ON s.stxrelid = r.oid
"""

QUERIES: Final = {
    "tables": _TABLES,
    "columns": _COLUMNS,
    "constraints": _CONSTRAINTS,
    "indexes": _INDEXES,
    "triggers": _TRIGGERS,
    "rules": _RULES,
    "sequences": _SEQUENCES,
    "views": _VIEWS,
    "functions": _FUNCTIONS,
    "types": _TYPES,
    "statistics": _STATISTICS,
}
