"""What is set of a job that runs somebody's own procedure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypedDict

from .feature_state import FeatureState
from .interval import untuned
from .job_statement import AddJob, RemoveJob

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .ddl import Statement
    from .interval import Interval, Span, TunableInterval

_CHECK: Final = {"check_config", "check_schema"}


class JobSettings(TypedDict, total=False):
    """The arguments of the operations of jobs."""

    name: str | None
    schedule_interval: TunableInterval | None
    config: Mapping[str, Any] | None
    initial_start: datetime | None
    fixed_schedule: bool | None
    timezone: str | None
    scheduled: bool | None
    max_runtime: Interval | None
    max_retries: int | None
    retry_period: Interval | None
    check_config: str | None
    check_schema: str | None


class ExistingJobSettings(TypedDict, total=False):
    """What the settings were, for the reverse of an alteration."""

    existing_name: str | None
    existing_schedule_interval: TunableInterval | None
    existing_config: Mapping[str, Any] | None
    existing_initial_start: datetime | None
    existing_fixed_schedule: bool | None
    existing_timezone: str | None
    existing_scheduled: bool | None
    existing_max_runtime: Interval | None
    existing_max_retries: int | None
    existing_retry_period: Interval | None
    existing_check_config: str | None
    existing_check_schema: str | None


class JobAlteration(JobSettings, ExistingJobSettings, total=False):
    """The arguments of the alteration of a job."""


@dataclass(frozen=True, kw_only=True)
class JobState(FeatureState):
    """What is set of a job; None is not managed, or not set.

    Attributes:
        name: Its name, of which the server makes one with the job's number.
        schedule_interval: How often it runs.
        config: What its procedure is called with.
        initial_start: When it runs first, and from when a fixed schedule counts.
        fixed_schedule: Whether it starts at fixed times, or so long after it ended.
        timezone: By whose days and summer time a fixed schedule goes.
        scheduled: False while it is paused.
        max_runtime: How long it may take; nothing is without end.
        max_retries: How often it is tried again; -1 is without end.
        retry_period: How long it waits before it is tried again.
        check_config: The function that checks its configuration.
        check_schema: The schema of that function.
    """

    name: str | None = None
    schedule_interval: TunableInterval | None = None
    config: Mapping[str, Any] | None = None
    initial_start: datetime | None = None
    fixed_schedule: bool | None = None
    timezone: str | None = None
    scheduled: bool | None = None
    max_runtime: Interval | None = None
    max_retries: int | None = None
    retry_period: Interval | None = None
    check_config: str | None = None
    check_schema: str | None = None

    noun = "job"

    @property
    def every(self) -> Span:
        """How often it runs, of a job that is there or is to be added."""
        assert self.schedule_interval is not None  # noqa: S101 (each has one)
        return untuned(self.schedule_interval)

    def settings(self) -> dict[str, Any]:
        """List the settings by their names."""
        return {item.name: getattr(self, item.name) for item in fields(JobState)}

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this state."""
        return self.settings()

    def placed(self, place: Callable[[str | None], str | None]) -> JobState:
        """Have the function that checks its configuration in a schema that is there."""
        if self.check_config is None:
            return self
        return replace(self, check_schema=place(self.check_schema))

    def differing(self, other: JobState) -> set[str]:
        """Name the settings that another state has otherwise.

        A check is a function in a schema, so its two settings go together.
        """
        mine, its = self.settings(), other.settings()
        names = {name for name in mine if not is_same(mine[name], its[name])}
        return names | _CHECK if names & _CHECK else names

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds a job that runs a procedure."""
        return [AddJob(name, schema, self)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes it."""
        return [RemoveJob(name, schema, self)]


def is_same(one: Any, other: Any) -> bool:  # noqa: ANN401 (settings of a job)
    """Compare two values of a setting; no configuration is as good as an empty one."""
    return bool(_comparable(one) == _comparable(other))


def _comparable(value: Any) -> Any:  # noqa: ANN401
    """Tell JSON's true from 1, which Python does not, and an empty object from none."""
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, Mapping):
        return {key: _comparable(item) for key, item in value.items()} or None
    if isinstance(value, (list, tuple)):
        return [_comparable(item) for item in value]
    return value
