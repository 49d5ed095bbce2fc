"""Reorder policies: closed chunks are rewritten in the order of an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ddl import Call, regclass, string
from .declaration import TableDeclaration
from .default_index import default_index_name
from .errors import DeclarationError
from .hypertable import hypertable_of
from .policy import Policy

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .catalog import Job
    from .ddl import Statement


@dataclass(frozen=True)
class ReorderPolicy(TableDeclaration, Policy):
    """Declares that closed chunks are rewritten in the order of an index.

    Attributes:
        index: The name of an index of the table.

    Raises:
        DeclarationError: At the end of the table's definition, where the table is no
            hypertable or has no such index.
    """

    index: str

    rank = 4
    noun = "reorder_policy"
    procedures = frozenset({"policy_reorder"})

    @classmethod
    def from_job(cls, job: Job) -> ReorderPolicy:
        """Read the policy from its job."""
        return cls(job.config["index_name"])

    def configured(self) -> dict[str, Any]:
        """Say how its job is configured."""
        return {"index_name": self.index}

    @property
    def effect(self) -> str:
        """What it does, in words."""
        return f"chunks are rewritten in the order of {self.index}"

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        hypertable = hypertable_of(table, "ReorderPolicy")
        made = default_index_name(table.name, hypertable.time_column)
        default = {made} if hypertable.default_indexes else set()
        known = {str(index.name) for index in table.indexes}
        known |= {str(key.name) for key in table.constraints if key.name is not None}
        if self.index not in {*known, *default, f"{table.name}_pkey"}:
            raise DeclarationError(
                f"ReorderPolicy of {table.name} names the unknown index "
                f"{self.index!r}; declare the index in the table's definition, before "
                "it is complete"
            )

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a table that was just created."""
        return self.addition(name, schema)

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what adds the policy to a hypertable."""
        index = string(self.index)
        return [Call("SELECT", "add_reorder_policy", regclass(name, schema), index)]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what removes the policy from a hypertable."""
        return [Call("SELECT", "remove_reorder_policy", regclass(name, schema))]
