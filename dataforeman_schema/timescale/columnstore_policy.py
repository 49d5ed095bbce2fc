"""Columnstore policies: chunks that are old enough move into the columnstore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ddl import Call, regclass
from .interval import (
    Interval,
    TunableInterval,
    TunableSpan,
    from_catalog,
    optional_literal,
    untuned,
    words,
)
from .policy import Policy

if TYPE_CHECKING:
    from .catalog import Job
    from .ddl import Statement


@dataclass(frozen=True)
class ColumnstorePolicy(Policy):
    """When chunks move into the columnstore; declared as ``Columnstore(after=…)``.

    Attributes:
        after: The age of a chunk's youngest row.
        schedule_interval: How often the policy runs; None leaves it to the server.
        created_before: The age of the chunk itself, in place of `after`; only a policy
            that was added by hand goes by it.
    """

    after: TunableSpan | None = None
    schedule_interval: TunableInterval | None = None
    created_before: Interval | None = None

    noun = "columnstore_policy"
    can_be_absent = True
    procedures = frozenset({"policy_compression", "policy_columnstore"})
    ages = frozenset({"after", "created_before"})

    @classmethod
    def from_job(cls, job: Job) -> ColumnstorePolicy:
        """Read the policy from its job."""
        return cls(
            from_catalog(job.spans.get("compress_after")),
            from_catalog(job.schedule),
            from_catalog(job.spans.get("compress_created_before")),
        )

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return {
            "compress_after": self.after,
            "compress_created_before": self.created_before,
        }

    @property
    def effect(self) -> str:
        """What it does, in words."""
        if self.after is not None:
            return f"chunks move there when older than {words(untuned(self.after))}"
        assert self.created_before is not None  # noqa: S101 (it is one of two)
        return f"chunks move there {words(self.created_before)} after they were made"

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a relation."""
        call = Call(
            "CALL",
            "add_columnstore_policy",
            regclass(name, schema),
            after=optional_literal(self.after),
            created_before=optional_literal(self.created_before),
            schedule_interval=optional_literal(self.schedule_interval),
        )
        return [call]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a relation."""
        return [Call("CALL", "remove_columnstore_policy", regclass(name, schema))]
