"""Refusing to lose what an aggregate has materialized of rows that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .ddl import Statement, dollar_quoted, regclass
from .kept_settings import ROWS_IN_BUCKET, filled
from .operation import execute, placed

if TYPE_CHECKING:
    from alembic.operations import Operations

# A bucket that no row is left of cannot be made again, wherever it is.
_COUNT: Final = """
DECLARE
  view CONSTANT regclass := {view};
  source record;
  lost bigint;
BEGIN
  SELECT format('%I.%I', m.schema_name, m.table_name) AS kept, md.column_name AS bucket,
         {there} AS there,
         (_timescaledb_functions.cagg_get_bucket_function_info(mat_hypertable_id)
         ).bucket_width AS width,
         CASE WHEN md.column_type IN ('int8'::regtype, 'int4', 'int2')
              THEN 'bigint' ELSE 'interval' END AS kind
    INTO source
    FROM _timescaledb_catalog.continuous_agg
    JOIN _timescaledb_catalog.hypertable m ON m.id = mat_hypertable_id
    JOIN _timescaledb_catalog.dimension md ON md.hypertable_id = m.id
     AND md.interval_length IS NOT NULL
    JOIN _timescaledb_catalog.hypertable r ON r.id = raw_hypertable_id
    JOIN _timescaledb_catalog.dimension rd ON rd.hypertable_id = r.id
     AND rd.interval_length IS NOT NULL
   WHERE to_regclass(format('%I.%I', user_view_schema, user_view_name)) = view;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  EXECUTE format('WITH bucket AS ('
                 '  SELECT DISTINCT %2$I AS first, %2$I + %3$L::%4$s AS next '
                 '    FROM %1$s) '
                 'SELECT count(*) FROM %1$s WHERE %2$I IN ('
                 '  SELECT first FROM bucket WHERE NOT EXISTS (%5$s))',
                 source.kept, source.bucket, source.width, source.kind, source.there)
    INTO lost;
  IF lost > 0 THEN
    RAISE EXCEPTION '% rows of the continuous aggregate % would be lost: no row is '
      'left in their buckets to make them again of', lost, view
      USING HINT = 'To lose them all the same, run it with -x lose-data=yes.';
  END IF;
END
"""


class RefuseToLoseBuckets(Statement):
    """Fail if an aggregate has rows that cannot be materialized again.

    Args:
        name: The continuous aggregate.
        schema: Its schema, or None for the first of the search path.
    """

    def __init__(self, name: str, schema: str | None) -> None:
        self.view = regclass(name, schema)

    def sql(self) -> str:
        """Write the statement, a ``DO`` block."""
        return _refusal(self.view)


def _refusal(view: str) -> str:
    return f"DO {dollar_quoted(filled(_COUNT, there=ROWS_IN_BUCKET, view=view))}"


BUCKETS_GUARD: Final = _refusal("@view@")
"""SQL that fails if the aggregate whose quoted name is ``@view@`` has rows that cannot
be materialized again: for guards that find it in a catalog."""


def may_lose_data(operations: Operations) -> bool:
    """Say whether the command is told ``-x lose-data=yes``, or its environment is.

    An environment is with ``context.configure(may_lose_data=True)``.
    """
    context = operations.migration_context
    if context.opts.get("may_lose_data"):
        return True
    environment = context.environment_context
    told = environment.get_x_argument(as_dictionary=True) if environment else {}
    return bool(told.get("lose-data") == "yes")


def refuse_to_lose_buckets(
    operations: Operations, name: str, schema: str | None
) -> None:
    """Fail if dropping an aggregate loses rows, unless the command says it may.

    Args:
        operations: Alembic's operations; ``-x lose-data=yes`` is the command's word.
        name: The continuous aggregate.
        schema: Its schema, or None for the first of the search path.
    """
    if not may_lose_data(operations):
        statement = RefuseToLoseBuckets(name, placed(operations, schema))
        execute(operations, [statement])
