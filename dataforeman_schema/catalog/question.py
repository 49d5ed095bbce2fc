"""What only a person can say of a revision is written into it as a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.autogenerate.render import render_op
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import OpContainer
from alembic.util import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext

ASK = "ask"
"""What the operation is called: a function that has it is not to be run."""


@Operations.register_operation(ASK)
class AskOp(OpContainer):
    """Keeps a revision from running until its author has chosen.

    As a container it holds the second choice, which is all that differs.

    Args:
        question: What is asked.
        if_so: What is written below it, for the question to be deleted.
        if_not: What is written as comments, to take the place of the others.
        loses: What the second choice loses, in words.
    """

    def __init__(
        self,
        question: str,
        if_so: Sequence[MigrateOperation] = (),
        if_not: Sequence[MigrateOperation] = (),
        loses: str = "",
    ) -> None:
        super().__init__(if_not)
        self.question = question
        self.if_so = if_so
        self.loses = loses

    @classmethod
    def ask(cls, operations: Operations, question: str) -> None:
        """Keep a revision from running until this statement is deleted.

        Args:
            operations: Alembic's operations.
            question: What its author must choose.

        Raises:
            CommandError: Always; nothing is changed.
        """
        operations.invoke(cls(question))

    def reverse(self) -> AskOp:
        """Return the same question about the way back."""
        if_so, if_not = (
            [operation.reverse() for operation in reversed(choice)]
            for choice in (self.if_so, self.ops)
        )
        return AskOp(self.question, if_so, if_not, self.loses)


@Operations.implementation_for(AskOp)
def _run(_operations: Operations, op: AskOp) -> None:
    raise CommandError(f"a revision has an open question: {op.question}")


def asked(
    context: AutogenContext,
    question: str,
    if_so: Iterable[str],
    if_not: Iterable[str],
    consequence: str,
) -> list[str]:
    """Write a question with both choices.

    Args:
        context: Alembic's.
        question: What is asked.
        if_so: What is written below it, for the question to be deleted.
        if_not: What is written as comments, to take its place.
        consequence: What that does, in words.
    """
    said = f"{question} If so, delete this statement."
    others = [line for each in if_not for line in each.splitlines()]
    lines = [f"{context.opts['alembic_module_prefix']}{ASK}({said!r})", *if_so]
    if others:
        lines.append(f"# If not, put this in its place, which {consequence}:")
    return [*lines, *(f"# {line}".rstrip() for line in others)]


@renderers.dispatch_for(AskOp)
def _render(context: AutogenContext, op: AskOp) -> list[str]:
    if_so, if_not = (_rendered(context, choice) for choice in (op.if_so, op.ops))
    return asked(context, op.question, if_so, if_not, f"loses {op.loses}")


def _rendered(
    context: AutogenContext, operations: Sequence[MigrateOperation]
) -> Iterator[str]:
    for operation in operations:
        yield from render_op(context, operation)


def open_question(*functions: Callable[..., object]) -> bool:
    """Tell whether a revision's functions still ask something."""
    return any(ASK in function.__code__.co_names for function in functions)
