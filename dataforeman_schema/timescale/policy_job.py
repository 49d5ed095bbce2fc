"""Finding the job of a policy on the server, to change it in place or to delete it.

TimescaleDB's own functions know only one policy of a kind, and none that was added by
hand; a job that is removed and added again loses what an operator set of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .ddl import Statement, dollar_quoted, regclass, string
from .interval import literal, untuned
from .kept_settings import KEEP_ZONE, NEXT_START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .interval import Span
    from .policy import Policy

_FIND: Final = """
DECLARE
  relation CONSTANT regclass := {relation};
  found record;
  zone text;
BEGIN
  SELECT job_id, config, next_start, {like} AS is_like INTO found
    FROM timescaledb_information.jobs
   WHERE proc_name IN ({procedures}) AND {of_relation}
   ORDER BY 4 DESC, 1 LIMIT 1;
  IF found.job_id IS NULL THEN
    RAISE EXCEPTION '% has no {label}', relation;
  END IF;
{actions}
END
"""

_OF_RELATION: Final = """coalesce(
       config ->> 'hypertable_id', config ->> 'mat_hypertable_id') IN (
         SELECT id::text FROM _timescaledb_catalog.hypertable
          WHERE to_regclass(format('%I.%I', schema_name, table_name)) = relation
         UNION ALL
         SELECT mat_hypertable_id::text FROM _timescaledb_catalog.continuous_agg
          WHERE to_regclass(format('%I.%I', user_view_schema, user_view_name))
                = relation)"""

_DELETE_COPIES: Final = """  PERFORM @extschema@.delete_job(job_id)
     FROM timescaledb_information.jobs
    WHERE proc_name IN ({procedures}) AND job_id <> found.job_id AND {like}
      AND {of_relation};
"""


class _PolicyJob(Statement):
    """Something done to the job of a policy, in a ``DO`` block.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        policy: The policy as it is; of several, the one most like it is meant.
        with_copies: Whether there are copies of it, which go.
    """

    def __init__(
        self,
        name: str,
        schema: str | None,
        policy: Policy,
        *,
        with_copies: bool = False,
    ) -> None:
        self.relation = regclass(name, schema)
        self.policy = policy
        self.with_copies = with_copies

    def actions(self) -> str:
        """Say what is done to the job that was found."""
        raise NotImplementedError

    def sql(self) -> str:
        """Write the statement."""
        text = _FIND.format(
            label=self.policy.noun.replace("_", " "),
            actions=f"{self._copies()}{self.actions()}",
            **self.conditions(),
        )
        return f"DO {dollar_quoted(text)}"

    def _copies(self) -> str:
        if not self.with_copies:
            return ""
        return _DELETE_COPIES.format(**self.conditions())

    def conditions(self) -> dict[str, str]:
        """Say which jobs are meant."""
        return {
            "relation": self.relation,
            "procedures": ", ".join(map(string, sorted(self.policy.procedures))),
            "of_relation": _OF_RELATION,
            "like": _like(self.policy.window),
        }


class DeletePolicyJob(_PolicyJob):
    """Delete the job of a policy."""

    def actions(self) -> str:
        """Delete the job."""
        return "  PERFORM @extschema@.delete_job(found.job_id);"


class AlterPolicyJob(_PolicyJob):
    """Give a policy another configuration or schedule, in place.

    Args:
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
        policy: The policy that it shall be.
        existing: The policy that it is.
        with_copies: Whether there are copies of it, which go.
    """

    def __init__(
        self,
        name: str,
        schema: str | None,
        policy: Policy,
        existing: Policy,
        *,
        with_copies: bool = False,
    ) -> None:
        super().__init__(name, schema, existing, with_copies=with_copies)
        self.wanted = policy

    def actions(self) -> str:
        """Alter the job; a paused one runs again."""
        changes = ["found.job_id", "scheduled => true", f"config => {self._config()}"]
        changes.append("timezone => zone")
        schedule = getattr(self.wanted, "schedule_interval", None)
        if schedule not in {None, getattr(self.policy, "schedule_interval", None)}:
            changes.append(f"schedule_interval => {literal(schedule)}")
        else:
            changes.append(f"next_start => {NEXT_START}")
        return f"{KEEP_ZONE}  PERFORM @extschema@.alter_job({', '.join(changes)});"

    def _config(self) -> str:
        configured = self.wanted.reconfigured(self.policy)
        keys = ", ".join(map(string, configured))
        given = ", ".join(
            f"{string(key)}, {_json(value)}"
            for key, value in configured.items()
            if value is not None or key in self.wanted.window
        )
        return f"found.config - ARRAY[{keys}] || jsonb_build_object({given})"


def _json(value: Any) -> str:  # noqa: ANN401 (a span or text)
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    if isinstance(value, str):
        return string(value)
    return f"({literal(value)})::text"


def _like(window: Mapping[str, Span | None]) -> str:
    return " AND ".join(_equals(*item) for item in window.items()) or "true"


def _equals(key: str, value: Span | None) -> str:
    configured = f"(config ->> {string(key)})"
    if value is None:
        return f"{configured} IS NULL"
    kind = "bigint" if isinstance(untuned(value), int) else "interval"
    return f"coalesce({configured}::{kind} = {literal(value)}, false)"
