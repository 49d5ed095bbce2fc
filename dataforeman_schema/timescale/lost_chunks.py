"""Refusing to lose the rows that a retention policy would delete at its first run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .ddl import Statement, dollar_quoted, regclass, string
from .interval import literal, untuned
from .kept_settings import filled
from .lost_buckets import may_lose_data
from .operation import execute, placed

if TYPE_CHECKING:
    from alembic.operations import Operations

    from .retention import RetentionPolicy

_COUNT: Final = """
DECLARE
  relation CONSTANT regclass := {relation};
  old CONSTANT text := {old};
  chunk regclass;
  found bigint;
  lost bigint := 0;
BEGIN
  BEGIN
    FOR chunk IN EXECUTE format('SELECT @extschema@.show_chunks(%L, %s)', relation, old)
    LOOP
      EXECUTE format('SELECT count(*) FROM %s', chunk) INTO found;
      lost := lost + found;
    END LOOP;
  EXCEPTION WHEN invalid_parameter_value THEN
    -- What the server cannot show by age, it cannot have a policy on: it says so next.
    RETURN;
  END;
  IF lost > 0 THEN
    RAISE EXCEPTION '% rows of % would be deleted when the retention policy first runs',
      lost, relation
      USING HINT = 'To lose them all the same, run it with -x lose-data=yes.';
  END IF;
END
"""

# Integers count from what the hypertable's own function says is now; of an aggregate,
# that of the hypertable at the bottom.
_NUMBERS: Final = """(
    WITH RECURSIVE source (id) AS (
      SELECT id FROM _timescaledb_catalog.hypertable
       WHERE to_regclass(format('%I.%I', schema_name, table_name)) = relation
      UNION ALL
      SELECT mat_hypertable_id FROM _timescaledb_catalog.continuous_agg
       WHERE to_regclass(format('%I.%I', user_view_schema, user_view_name)) = relation
      UNION ALL
      SELECT raw_hypertable_id FROM source
        JOIN _timescaledb_catalog.continuous_agg ON mat_hypertable_id = id
    )
    SELECT max(format('older_than => (%I.%I() - {age})::%s', integer_now_func_schema,
                      integer_now_func, column_type))
      FROM source JOIN _timescaledb_catalog.dimension ON hypertable_id = source.id
     WHERE integer_now_func <> '')"""


class _RefuseToLoseChunks(Statement):
    """Fail if a policy would delete rows at once.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        policy: The policy.
    """

    def __init__(self, name: str, schema: str | None, policy: RetentionPolicy) -> None:
        self.relation = regclass(name, schema)
        self.policy = policy

    def sql(self) -> str:
        """Write the statement, a ``DO`` block."""
        body = filled(_COUNT, old=self._old(), relation=self.relation)
        return f"DO {dollar_quoted(body)}"

    def _old(self) -> str:
        after, before = self.policy.drop_after, self.policy.drop_created_before
        if before is not None:
            return string(f"created_before => {literal(before)}")
        assert after is not None  # noqa: S101 (it is one of two)
        age = untuned(after)
        if isinstance(age, int):
            return filled(_NUMBERS, age=str(age))
        return string(f"older_than => {literal(age)}")


def refuse_to_lose_chunks(
    operations: Operations, name: str, schema: str | None, policy: RetentionPolicy
) -> None:
    """Fail if a policy would delete rows at once, unless the command says it may.

    Args:
        operations: Alembic's operations; ``-x lose-data=yes`` is the command's word.
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        policy: The policy.
    """
    if not may_lose_data(operations):
        where = (name, placed(operations, schema))
        execute(operations, [_RefuseToLoseChunks(*where, policy)])
