"""What a rule is, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from alembic.operations import ops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dataforeman_schema.commands.lint.recording import Direction, Recording


SizeKind = Literal["rows", "columnstore"]
"""Rows, or chunks in the columnstore."""


class Hit(NamedTuple):
    """Where a rule is broken.

    Attributes:
        line: The line of the revision, from 1.
        what: What is there.
        table: The table that it costs, if there is one.
    """

    line: int
    what: str
    table: str | None = None


@dataclass(frozen=True)
class Subject:
    """What a rule looks at.

    Attributes:
        source: The text of the revision.
        recording: One direction of it.
        hypertables: The names of all hypertables and continuous aggregates of the tree.
    """

    source: str
    recording: Recording
    hypertables: frozenset[str]

    @property
    def created(self) -> set[str]:
        """The tables that the revision creates, which are empty."""
        return {op.table_name for _, op in self.recording.called(ops.CreateTableOp)}


@dataclass(frozen=True)
class Rule:
    """What no revision does without a reason.

    Attributes:
        id: Its name, which a comment can allow.
        cost: What breaking it costs.
        instead: What to do.
        check: Finds where a revision breaks it.
        size: What of a table makes it harmless when there is little of it.
        directions: Which functions of a revision it looks at.
    """

    id: str
    cost: str
    instead: str
    check: Callable[[Subject], Iterable[Hit]]
    size: SizeKind | None = None
    directions: tuple[Direction, ...] = ("upgrade",)


BOTH: tuple[Direction, ...] = ("upgrade", "downgrade")
"""What a rule looks at that holds for downgrades, too."""
