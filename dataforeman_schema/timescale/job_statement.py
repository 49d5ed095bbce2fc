"""The statements that add, change and remove jobs of somebody's own procedures.

A job has a number that no migration can know, so it is found by what it runs, by its
name and by its configuration.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from .ddl import (
    Statement,
    boolean,
    dollar_quoted,
    extension_call,
    qualified,
    string,
)
from .interval import literal
from .kept_settings import KEEP_ZONE, NEXT_START

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .job_state import JobState

SERVERS_NAME: Final = "User-Defined Action"
"""What the server calls a job that nobody named."""

_FIND: Final = """
DECLARE
  found record;
  zone text;
BEGIN
  SELECT job_id, next_start, initial_start, {like} AS is_like,
         count(*) OVER () AS copies
    INTO found
    FROM timescaledb_information.jobs
   WHERE {of_procedure}
   ORDER BY 4 DESC, job_id LIMIT 1;
  IF found.job_id IS NULL THEN
    {missing};
  ELSIF NOT found.is_like AND found.copies > 1 THEN
    {ambiguous};
  END IF;
{action}
END
"""

_ADD_MISSING: Final = """
BEGIN
  IF NOT EXISTS (
    SELECT FROM timescaledb_information.jobs WHERE {of_procedure} AND {like}) THEN
    PERFORM {call};
  END IF;
END
"""

# What add_job() takes; all else is set by alter_job().
_ADDED: Final = (
    "config",
    "initial_start",
    "scheduled",
    "check_config",
    "fixed_schedule",
    "timezone",
    "job_name",
)
_SCHEDULE: Final = {"schedule_interval", "initial_start", "fixed_schedule", "timezone"}


def _json(config: Mapping[str, Any]) -> str:
    return f"{string(json.dumps(config, ensure_ascii=False))}::jsonb"


def _moment(moment: datetime) -> str:
    return f"TIMESTAMPTZ '{moment.isoformat()}'"


_LITERALS: Final[dict[str, Callable[[Any], str]]] = {
    "schedule_interval": literal,
    "config": _json,
    "initial_start": _moment,
    "fixed_schedule": boolean,
    "timezone": string,
    "scheduled": boolean,
    "max_runtime": literal,
    "max_retries": str,
    "retry_period": literal,
}

# What a setting becomes in an alteration that takes it away. What is not here the
# server cannot take away.
_NOTHING: Final = {
    "config": "'{}'::jsonb",
    "check_config": "0::regproc",
    "job_name": string(SERVERS_NAME),
}


def _arguments(state: JobState) -> dict[str, str]:
    """Write what is set of a job as arguments of the server's functions."""
    settings = state.settings()
    given = {
        name: write(settings[name])
        for name, write in _LITERALS.items()
        if settings[name] is not None
    }
    if state.check_config is not None:
        given["check_config"] = _function(state.check_config, state.check_schema)
    if state.name is not None:
        given["job_name"] = string(state.name)
    return given


def _function(name: str, schema: str | None) -> str:
    """Write a function where it is looked for: never elsewhere on the search path."""
    if schema:
        return f"{string(qualified(name, schema))}::regproc"
    return f"format('%I.%I', current_schema(), {string(name)})::regproc"


class _JobStatement(Statement):
    """Something done to a job.

    Args:
        procedure: What it runs.
        schema: The procedure's schema, or None for the first of the search path.
        state: What is set of it.
    """

    def __init__(self, procedure: str, schema: str | None, state: JobState) -> None:
        self.procedure = procedure
        self.schema = schema
        self.state = state

    def conditions(self) -> dict[str, str]:
        """Say which jobs are meant."""
        schema = string(self.schema) if self.schema else "current_schema()"
        config, name = self.state.config, string(self.procedure)
        called = string(self.state.name or SERVERS_NAME)
        like = f"coalesce(config, '{{}}') = {_json(config or {})}"
        return {
            "of_procedure": (
                f"proc_name = {name} AND proc_schema = {schema} "
                f"AND application_name = concat({called}, ' [', job_id, ']')"
            ),
            "like": "true" if config is None else like,
        }


class AddJob(_JobStatement):
    """Add a job.

    Args:
        procedure: What it runs.
        schema: The procedure's schema, or None for the first of the search path.
        state: What is set of it.
        if_missing: Whether one that is there already will do.
    """

    def __init__(
        self,
        procedure: str,
        schema: str | None,
        state: JobState,
        *,
        if_missing: bool = False,
    ) -> None:
        super().__init__(procedure, schema, state)
        self.if_missing = if_missing

    def sql(self) -> str:
        """Write the statement."""
        if not self.if_missing:
            return f"SELECT {self._call()}"
        text = _ADD_MISSING.format(**self.conditions(), call=self._call())
        return f"DO {dollar_quoted(text)}"

    def _call(self) -> str:
        given = _arguments(self.state)
        every = given.pop("schedule_interval")
        procedure = _function(self.procedure, self.schema)
        added = {name: given.pop(name) for name in _ADDED if name in given}
        call = extension_call("add_job", procedure, every, **added)
        if not given:
            return call
        return extension_call(
            "alter_job", call, **given, timezone=added.get("timezone")
        )


class _FoundJob(_JobStatement):
    """Something done to a job that is found on the server."""

    def action(self) -> str:
        """Say what is done to the job that was found."""
        raise NotImplementedError

    def absence(self, message: str) -> str:
        """Say what is done where there is no such job."""
        return f"RAISE EXCEPTION USING MESSAGE = {string(message)}"

    def sql(self) -> str:
        """Write the statement."""
        procedure, name = qualified(self.procedure, self.schema), self.state.name
        called = f" called {name}" if name else ""
        config = json.dumps(self.state.config, ensure_ascii=False)
        text = _FIND.format(
            **self.conditions(),
            missing=self.absence(f"no job{called} runs {procedure}"),
            ambiguous=self.absence(
                f"several jobs{called} run {procedure}, none with the config {config}"
            ),
            action=self.action(),
        )
        return f"DO {dollar_quoted(text)}"


class RemoveJob(_FoundJob):
    """Remove a job.

    Args:
        procedure: What it runs.
        schema: The procedure's schema, or None for the first of the search path.
        state: What is set of it.
        if_exists: Whether it may be missing.
    """

    def __init__(
        self,
        procedure: str,
        schema: str | None,
        state: JobState,
        *,
        if_exists: bool = False,
    ) -> None:
        super().__init__(procedure, schema, state)
        self.if_exists = if_exists

    def absence(self, message: str) -> str:
        """Say what is done where there is no such job."""
        return "RETURN" if self.if_exists else super().absence(message)

    def action(self) -> str:
        """Delete the job."""
        return f"  PERFORM {extension_call('delete_job', 'found.job_id')};"


class AlterJob(_FoundJob):
    """Change what is set of a job, in place, and leave all else as it is.

    Args:
        procedure: What it runs.
        schema: The procedure's schema, or None for the first of the search path.
        state: What is set of it.
        wanted: What shall be.
    """

    def __init__(
        self, procedure: str, schema: str | None, state: JobState, wanted: JobState
    ) -> None:
        super().__init__(procedure, schema, state)
        self.wanted = wanted

    def action(self) -> str:
        """Alter the job."""
        changed = self.wanted.differing(self.state)
        given = self._changes(changed)
        if "timezone" not in changed:
            given["timezone"] = "zone"
        if not changed & _SCHEDULE:
            given["next_start"] = NEXT_START
        call = extension_call("alter_job", "found.job_id", **given)
        return f"{KEEP_ZONE}  PERFORM {call};"

    def _changes(self, changed: set[str]) -> dict[str, str]:
        names = changed - {"name", "check_schema"} | (
            {"job_name"} if "name" in changed else set()
        )
        given = {**_NOTHING, **_arguments(self.wanted)}
        changes = {name: given[name] for name in sorted(names & given.keys())}
        if changes.get("fixed_schedule") == "true":
            # Told nothing, the server lets a fixed schedule begin now.
            changes.setdefault("initial_start", "found.initial_start")
        return changes
