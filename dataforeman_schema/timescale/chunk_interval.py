"""The chunk interval of a hypertable or continuous aggregate that exists already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ddl import Call, regclass
from .feature_state import FeatureState
from .interval import Span, literal

if TYPE_CHECKING:
    from .ddl import Statement


@dataclass(frozen=True)
class ChunkInterval(FeatureState):
    """The span of a relation's chunks.

    Attributes:
        chunk_interval: The span, in the time column's unit where that is an integer;
            None of a relation that was made without saying it.
    """

    chunk_interval: Span | None

    noun = "chunk_interval"

    def arguments(self) -> dict[str, object]:
        """Say how the operation is called for this interval."""
        return {"chunk_interval": self.chunk_interval}

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what sets the span of a relation's new chunks."""
        if self.chunk_interval is None:
            return []
        span = literal(self.chunk_interval)
        return [Call("SELECT", "set_chunk_time_interval", regclass(name, schema), span)]
