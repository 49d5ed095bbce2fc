"""Are the indexes of hypertables on all of their chunks?"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.findings import LAST, Check, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.context import VerifyContext

# What is set on one index alone, WITH (…), is no difference.
_DEFINITION: Final = """regexp_replace(substring(
  pg_get_indexdef({}.indexrelid) FROM ' USING .*'), ' WITH [(][^)]*[)]', '')"""
# Chunks in the columnstore have indexes too; those in an object store, foreign tables,
# have none. Of thousands of chunks, most have what is the same to the byte; what says
# the same whatever number a column has, the definition, is slow. Rows that are not
# distinct are compared one by one, where equal ones would be hashed, vectors and all.
_MISSING: Final = f"""
WITH suspects AS MATERIALIZED (
  SELECT inhrelid, i.indexrelid FROM timescaledb_information.hypertables
  JOIN pg_inherits
  ON inhparent = format('%I.%I', hypertable_schema, hypertable_name)::regclass
  JOIN pg_index AS i ON i.indrelid = inhparent AND i.indisvalid
  WHERE hypertable_schema = current_schema() AND hypertable_name = ANY (:tables)
  AND NOT EXISTS (SELECT FROM pg_index AS c WHERE c.indrelid = inhrelid
    AND c.indkey[0] = i.indkey[0] AND c.indisvalid
    AND i.indexprs IS NULL AND i.indpred IS NULL
    AND c.indexprs IS NULL AND c.indpred IS NULL
    AND (c.indkey::int2[], c.indoption::int2[], c.indclass, c.indisunique,
      c.indnkeyatts) IS NOT DISTINCT FROM (i.indkey::int2[], i.indoption::int2[],
      i.indclass, i.indisunique, i.indnkeyatts)))
SELECT indrelid::regclass::text AS "table", indexrelid::regclass::text AS index,
  format('CREATE %sINDEX ON %s%s;', CASE WHEN indisunique THEN 'UNIQUE ' END,
    inhrelid::regclass, {_DEFINITION.format("i")}) AS remedy
FROM suspects JOIN pg_index AS i USING (indexrelid)
JOIN pg_class AS chunk ON chunk.oid = inhrelid AND relkind = 'r'
WHERE NOT EXISTS (SELECT FROM pg_index AS c
  WHERE c.indrelid = inhrelid AND c.indisvalid AND c.indisunique = i.indisunique
  AND {_DEFINITION.format("c")} = {_DEFINITION.format("i")}) ORDER BY 1, 2, inhrelid
"""


def check_chunk_indexes(context: VerifyContext) -> Iterator[Finding]:
    """Find chunks that lack an index of their hypertable."""
    if context.extension.installed is None:
        return
    rows = context.rows(_MISSING, tables=[*context.metadata.tables])
    for (table, index), missing in groupby(rows, itemgetter(0, 1)):
        remedies = [row.remedy for row in missing]
        yield Finding(
            Check.INDEX,
            f"index {index} of table {table}",
            f"it is missing, or invalid, on chunks: {len(remedies)}; while the remedy "
            "runs, they cannot be written",
            f"queries read the whole of these chunks: slow, as {table} grows",
            "\n".join(remedies),
            step=LAST,
        )
