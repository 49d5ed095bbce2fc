"""Retention policies: chunks that are old enough are dropped with their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ddl import Call, regclass
from .declaration import TableDeclaration
from .errors import DeclarationError
from .hypertable import hypertable_of
from .interval import (
    TunableInterval,
    TunableSpan,
    from_catalog,
    optional_literal,
    untuned,
    words,
)
from .policy import Policy
from .validate import check_positive
from .validate_policy import check_policy_span

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .catalog import Job
    from .ddl import Statement


@dataclass(frozen=True)
class RetentionPolicy(TableDeclaration, Policy):
    """Declares that chunks are dropped, with their rows, when they are old enough.

    Attributes:
        drop_after: The age of a chunk's youngest row.
        schedule_interval: How often the policy runs. None leaves it to the server and
            is never compared.
        drop_created_before: The age of the chunk itself, in place of `drop_after`.

    Raises:
        DeclarationError: At the end of the table's definition, where the table is no
            hypertable, both ages are given or none, or a span is not positive or does
            not suit the time column.
    """

    drop_after: TunableSpan | None = None
    schedule_interval: TunableInterval | None = None
    drop_created_before: TunableInterval | None = None

    rank = 4
    noun = "retention_policy"
    procedures = frozenset({"policy_retention"})
    ages = frozenset({"drop_after", "drop_created_before"})

    @classmethod
    def from_job(cls, job: Job) -> RetentionPolicy:
        """Read the policy from its job."""
        return cls(
            from_catalog(job.spans.get("drop_after")),
            from_catalog(job.schedule),
            from_catalog(job.spans.get("drop_created_before")),
        )

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return {
            "drop_after": self.drop_after,
            "drop_created_before": self.drop_created_before,
        }

    @property
    def effect(self) -> str:
        """What it does, in words."""
        if self.drop_after is not None:
            return f"rows older than {words(untuned(self.drop_after))} are deleted"
        assert self.drop_created_before is not None  # noqa: S101 (it is one of two)
        age = words(untuned(self.drop_created_before))
        return f"chunks made more than {age} ago are deleted with their rows"

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        self.check_ages(table.name)
        hypertable_of(table, "RetentionPolicy")
        if self.drop_after is not None:
            check_policy_span(table, "RetentionPolicy", "drop_after", self.drop_after)

    def check_ages(self, name: str) -> None:
        """Refuse a policy that does not go by one age.

        Args:
            name: The relation, for the message.

        Raises:
            DeclarationError: It goes by two ages or by none, or a span is not positive.
        """
        if (self.drop_after is None) == (self.drop_created_before is None):
            raise DeclarationError(
                f"{name}: RetentionPolicy needs one of drop_after and "
                "drop_created_before"
            )
        check_positive(name, "drop_created_before", self.drop_created_before)
        check_positive(name, "schedule_interval", self.schedule_interval)

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a table that was just created."""
        return self.addition(name, schema)

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a relation."""
        call = Call(
            "SELECT",
            "add_retention_policy",
            regclass(name, schema),
            drop_after=optional_literal(self.drop_after),
            drop_created_before=optional_literal(self.drop_created_before),
            schedule_interval=optional_literal(self.schedule_interval),
        )
        return [call]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a relation."""
        return [Call("SELECT", "remove_retention_policy", regclass(name, schema))]
