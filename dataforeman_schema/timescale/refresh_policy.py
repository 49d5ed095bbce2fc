"""Refresh policies: a continuous aggregate is brought up to date by and by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

from .ddl import Call, boolean, regclass
from .declaration import ServerDefault
from .errors import DeclarationError
from .interval import (
    TunableInterval,
    TunableSpan,
    from_catalog,
    literal,
    untuned,
    words,
)
from .policy import Policy
from .policy_job import DeletePolicyJob
from .releases import BATCHED_REFRESH, REFRESH_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    from .catalog import Job
    from .ddl import Statement
    from .releases import ServerFeature

T = TypeVar("T", int, bool)

Chosen: TypeAlias = T | ServerDefault | None
"""An option that a model gives, leaves to the server, or leaves out."""

_COUNTS: Final = ("buckets_per_batch", "max_batches_per_execution")
_SWITCHES: Final = ("refresh_newest_first", "include_tiered_data")
_GREATEST: Final = 2**31 - 1


@dataclass(frozen=True)
class RefreshPolicy(Policy):
    """Declares how a continuous aggregate is brought up to date.

    What is left out of the last four is not managed; `SERVER_DEFAULT` says that nobody
    may have set it. What a policy does not set goes by the release: TimescaleDB 2.25,
    for one, makes batches of ten buckets where older ones made them of one.

    Attributes:
        start_offset: How far back from now the refreshed window begins; None is the
            beginning of all data.
        end_offset: How far back from now it ends; None is the end of all data.
        schedule_interval: How often the policy runs.
        buckets_per_batch: How many buckets are refreshed in a transaction; 0 refreshes
            all in one. TimescaleDB 2.19 and later, as the next.
        max_batches_per_execution: How many batches the policy refreshes each time it
            runs; 0 is as many as there are.
        refresh_newest_first: Whether the newest batch comes first. TimescaleDB 2.20 and
            later.
        include_tiered_data: Whether rows in tiered storage are read.
    """

    start_offset: TunableSpan | None
    end_offset: TunableSpan | None
    schedule_interval: TunableInterval
    buckets_per_batch: Chosen[int] = field(default=None, kw_only=True)
    max_batches_per_execution: Chosen[int] = field(default=None, kw_only=True)
    refresh_newest_first: Chosen[bool] = field(default=None, kw_only=True)
    include_tiered_data: Chosen[bool] = field(default=None, kw_only=True)

    noun = "refresh_policy"
    can_be_absent = True
    procedures = frozenset({"policy_refresh_continuous_aggregate"})

    @classmethod
    def from_job(cls, job: Job) -> RefreshPolicy:
        """Read the policy from its job."""
        start = from_catalog(job.spans.get("start_offset"))
        end = from_catalog(job.spans.get("end_offset"))
        options = {name: job.config.get(name) for name in (*_COUNTS, *_SWITCHES)}
        return cls(start, end, from_catalog(job.schedule), **options)

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return {**self.window, **self.options}

    def reconfigured(self, existing: Self) -> dict[str, Any]:
        """Say what of the job's configuration makes it of an existing policy.

        An option that neither names is left as somebody may have set it.
        """
        old = existing.options
        changed = {
            key: value for key, value in self.options.items() if value != old[key]
        }
        return {**self.window, **changed}

    @property
    def window(self) -> dict[str, Any]:
        """What tells it from others of the same aggregate."""
        return {"start_offset": self.start_offset, "end_offset": self.end_offset}

    @property
    def options(self) -> dict[str, Any]:
        """What else its job is configured with; None is no key."""
        given = {name: getattr(self, name) for name in (*_COUNTS, *_SWITCHES)}
        return {
            name: None if isinstance(value, ServerDefault) else value
            for name, value in given.items()
        }

    @property
    def needs(self) -> Iterator[ServerFeature]:
        """What a server must have for it."""
        options = self.options
        if any(options[name] is not None for name in _COUNTS):
            yield BATCHED_REFRESH
        if options["refresh_newest_first"] is not None:
            yield REFRESH_ORDER

    @property
    def effect(self) -> str:
        """What it does, in words."""
        every = words(untuned(self.schedule_interval))
        start, end = (
            "the bounds of all data"
            if offset is None
            else f"{words(untuned(offset))} ago"
            for offset in (self.start_offset, self.end_offset)
        )
        return f"from {start} to {end}, every {every}"

    def resolved(self, live: Self | None = None) -> Self:
        """Put a value in the place of each that the declaration leaves open."""
        found: Mapping[str, Any] = {} if live is None else live.options
        options: dict[str, Any] = {
            name: found.get(name) if getattr(self, name) is None else value
            for name, value in self.options.items()
        }
        return cast("Self", replace(cast("Any", super().resolved(live)), **options))

    def check_options(self, name: str) -> None:
        """Refuse options that TimescaleDB would not take, or only until the job runs.

        Args:
            name: The continuous aggregate, for the message.

        Raises:
            DeclarationError: A count is no number from 0 up, or a switch is no bool.
        """
        for option in _COUNTS:
            value = self.options[option]
            if value is not None and not _is_count(value):
                raise DeclarationError(
                    f"{name}: {option} must be a number from 0 to {_GREATEST}, not "
                    f"{value!r}"
                )
        for option in _SWITCHES:
            value = self.options[option]
            if value is not None and not isinstance(value, bool):
                raise DeclarationError(
                    f"{name}: {option} must be True or False, not {value!r}"
                )

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a continuous aggregate."""
        call = Call(
            "SELECT",
            "add_continuous_aggregate_policy",
            regclass(name, schema),
            start_offset=_offset(self.start_offset),
            end_offset=_offset(self.end_offset),
            schedule_interval=literal(self.schedule_interval),
            **{key: _plain(value) for key, value in self.options.items()},
        )
        return [call]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a continuous aggregate."""
        return [DeletePolicyJob(name, schema, self)]


def _is_count(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and 0 <= value <= _GREATEST  # type: ignore[operator]


def _plain(value: int | bool | None) -> str | None:  # noqa: FBT001 (it is the value)
    if value is None:
        return None
    return boolean(value) if isinstance(value, bool) else str(value)


def _offset(span: TunableSpan | None) -> str:
    if span is None:
        return "NULL"
    number = untuned(span)
    # A number must be of the very type of the column; an untyped one becomes it.
    return f"'{number}'" if isinstance(number, int) else literal(span)
