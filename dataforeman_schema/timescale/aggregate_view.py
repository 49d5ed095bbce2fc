"""Continuous aggregates: views whose rows TimescaleDB materializes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ddl import Text, boolean, qualified
from .feature_state import FeatureState

if TYPE_CHECKING:
    from .ddl import Statement


@dataclass(frozen=True)
class AggregateView(FeatureState):
    """A continuous aggregate without its policies.

    Attributes:
        definition: Its query.
        materialized_only: Whether queries see only what is materialized; None leaves
            it to the server.
    """

    definition: str
    materialized_only: bool | None = None

    noun = "continuous_aggregate"

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for this aggregate."""
        return dict(vars(self))

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what creates the aggregate, without data."""
        options = ["timescaledb.continuous"]
        if self.materialized_only is not None:
            only = boolean(self.materialized_only)
            options.append(f"timescaledb.materialized_only = {only}")
        text = (
            f"CREATE MATERIALIZED VIEW {qualified(name, schema)}\n"
            f"WITH ({', '.join(options)}) AS\n{self.definition}\nWITH NO DATA"
        )
        return [Text(text)]

    def removal(
        self, name: str, schema: str | None, *, if_exists: bool = False
    ) -> list[Statement]:
        """Say what drops the aggregate, with what it has materialized."""
        condition = "IF EXISTS " if if_exists else ""
        view = qualified(name, schema)
        return [Text(f"DROP MATERIALIZED VIEW {condition}{view}")]
